import type { Order, OrderEvent } from "../../src/domain/order-record.ts";
import type { JobHandlers, JobResult } from "../job.ts";
import { CLAIM, HOLD, RELEASE, RESTOCK } from "./effects.ts";
import type { StockHold } from "./stock-hold.ts";

/** What an order does with its stock, one step after the other. Each may be repeated. */
export function stockSteps({
  turn,
  holdUntil,
  move,
}: {
  readonly turn: (step: (hold: StockHold, order: Order) => Promise<JobResult>) => Promise<JobResult>;
  /** UTC ms. */
  readonly holdUntil: () => number;
  /** Writes what came of it, in the caller's transaction, and answers what is to follow. */
  readonly move: (event: OrderEvent) => (() => void) | undefined;
}): JobHandlers {
  return {
    [HOLD]: () =>
      turn(async (hold, { stock }) => {
        if (stock === "reserved") await hold.reserve(holdUntil());
        return "done";
      }),
    [CLAIM]: () =>
      turn(async (hold, { stock }) => {
        if (stock !== "claiming") return "done";
        const gone = await hold.claim();
        return { commit: () => move(gone === undefined ? { type: "claimed" } : { type: "claim_short", sku: gone }) };
      }),
    [RELEASE]: () =>
      turn(async (hold) => {
        await hold.release();
        return "done";
      }),
    [RESTOCK]: () =>
      turn(async (hold) => {
        await hold.restock();
        return "done";
      }),
  };
}
