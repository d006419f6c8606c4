import * as z from "zod";

/**
 * CPU time cannot be read inside a Worker: its clock stands still while it computes. So it is priced by what was measured outside, per kind of work, in ms.
 */
export interface CpuMs {
  /** A request of a shopper, or a batch of one of commerce's queues. */
  readonly commerce: number;
  /** An event, from its request to the shard. */
  readonly event: number;
  /** A request of an operator, or a batch of another queue. */
  readonly operations: number;
}

/** `npm run bench`, studies `orders-price` and `events-price`: CPU time of the whole runtime, objects' included, which is too much rather than too little. */
export const MEASURED_CPU_MS: CpuMs & { readonly measured: string } = {
  commerce: 2,
  event: 0.05,
  operations: 2,
  measured: "2026-11-25",
};

const cpuSchema = z.strictObject({
  commerce: z.number().min(0).max(1_000),
  event: z.number().min(0).max(1_000),
  operations: z.number().min(0).max(1_000),
});

/** Reads `CPU_MS`: empty for what was measured here, or JSON with what the operator's dashboard says. */
export const parseCpuMs = (text: string): CpuMs =>
  text.trim() === "" ? MEASURED_CPU_MS : cpuSchema.parse(JSON.parse(text));
