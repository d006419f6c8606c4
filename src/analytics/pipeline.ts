import { PIPELINE } from "../domain/pipeline/stages.ts";
import { type Coordinator, PipelineLink } from "../platform/pipeline-link.ts";

/** What this isolate knows of the pipeline: one for its requests and its batches. */
export const pipeline = new PipelineLink("analytics");

/** Of the bindings only this; what else the object can is none of our business. */
export interface CoordinatorEnv {
  readonly PIPELINE_COORDINATOR: { getByName(name: string): Coordinator };
}

export const coordinatorOf = (env: CoordinatorEnv): Coordinator => env.PIPELINE_COORDINATOR.getByName(PIPELINE);
