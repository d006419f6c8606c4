import { WORK_TABLE } from "../job.ts";

/** Beside the packed log (durable-objects/packed-log.ts), which is the state: what has to be looked up or done later. */
export const PRODUCT_METRICS_STEPS: readonly string[] = [`${WORK_TABLE};`];
