import { EVENT_KINDS, type EventBatch, type EventKind } from "../events/columns.ts";

/**
 * What is asked to come back later while the queue refuses messages: views and what no figure is made of. Carts, checkouts and purchases are still tried,
 * and orders always. A request is taken or sent back as a whole, because an SDK sends again what it sent.
 */
const SHED: ReadonlySet<EventKind> = new Set(["view", "other", "rejected"]);
const IS_SHED = Uint8Array.from(EVENT_KINDS, (kind) => (SHED.has(kind) ? 1 : 0));

export const canWait = (batches: readonly Pick<EventBatch, "kind">[], orders: number): boolean =>
  orders === 0 && batches.every(({ kind }) => kind.every((each) => IS_SHED[each] === 1));
