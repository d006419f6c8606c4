import { hash64 } from "../events/hash.ts";

/**
 * Lines that are written because everything goes well: one or more per order, which nobody reads unless they look for that very order. Everything else is
 * rare, or news.
 */
export const EVERYDAY_LINES: ReadonlySet<string> = new Set([
  "order_event",
  "fact_applied",
  "fact_too_early",
  "cart_handed_over",
  "webhook_set_aside",
]);

const WHOLE = 2 ** 32;

/** Whether what carries this id is among the share that is kept: the same answer in every Worker, so that a story is kept whole or not at all. */
export const isKept = (id: string, share: number): boolean => share >= 1 || hash64(id).low / WHOLE < share;
