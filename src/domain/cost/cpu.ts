import * as z from "zod";

/**
 * CPU time cannot be read inside a Worker: its clock stands still while it computes. So it is priced by what was measured outside, per kind of work, in ms.
 */
export interface CpuMs {
  /** A request of a shopper, or a batch of one of commerce's queues. */
  readonly commerce: number;
  /** A tracking request, or a batch of events. */
  readonly tracked: number;
  /** One event in them, on top. */
  readonly event: number;
  /** A request of an operator, or a batch of another queue. */
  readonly operations: number;
}

/**
 * By `npm run bench`, and upper bounds: objects' time is in them, which is billed otherwise. Tracking: the CPU time of the whole runtime in `events-price`, 0.7 ms a request of
 * one event, 2 ms one of ten, 0.03 ms an event in hundreds. Commerce: the same in `orders-price`, 27 ms for an order with all that follows, on a busy machine, in five pieces of work.
 * Operations are taken to be like commerce.
 */
export const MEASURED_CPU_MS: CpuMs & { readonly measured: string } = {
  commerce: 5,
  tracked: 1,
  event: 0.03,
  operations: 5,
  measured: "2026-11-25",
};

const ms = z.number().min(0).max(1_000);
const cpuSchema = z.strictObject({ commerce: ms, tracked: ms, event: ms, operations: ms });

/** Reads `CPU_MS`: empty for what was measured here, or JSON with what the operator's dashboard says. */
export const parseCpuMs = (text: string): CpuMs =>
  text.trim() === "" ? MEASURED_CPU_MS : cpuSchema.parse(JSON.parse(text));
