import type { LedgerEntry, Order, OrderEvent } from "./order-record.ts";

/** The movement of money that an event tells of, or that there was none after all. */
export function entryOf(order: Order, event: OrderEvent): LedgerEntry | undefined {
  const { type } = event;
  if (type === "captured") {
    return { ref: event.intent, kind: "capture", intent: event.intent, amount: event.amount, currency: event.currency };
  }
  if (type === "refunded") {
    return { ref: event.refund, kind: "refund", intent: event.intent, amount: event.amount, currency: event.currency };
  }
  // In the place of the refund, should that be there: then no money moved, and one that is told late is known to have failed.
  if (type === "refund_failed") {
    return { ref: event.refund, kind: "refund", intent: event.intent, amount: 0, currency: order.currency };
  }
  return undefined;
}
