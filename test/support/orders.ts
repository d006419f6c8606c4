import { makeId } from "../../src/domain/ids.ts";
import { decide, type Effect } from "../../src/domain/order.ts";
import {
  type LedgerEntry,
  type Order,
  type OrderEvent,
  placeOrder,
  type StampedPaymentFact,
} from "../../src/domain/order-record.ts";

export const TOTAL = 4_495;
const T0 = Date.UTC(2026, 10, 27);

export function newOrder(now: number = T0): Order {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return placeOrder(
    {
      orderId: makeId("ord", now, random),
      cartId: makeId("cart", now, random),
      currency: "USD",
      lines: [{ sku: "A", name: "A", quantity: 2, unitPrice: 2_000 }],
      totals: { subtotal: 4_000, discount: 0, shipping: 495, tax: 0, total: TOTAL },
      method: { kind: "payment_method", id: "pm_card_visa" },
    },
    now,
  );
}

export const captured = (intent: string): StampedPaymentFact & { type: "captured" } => ({
  type: "captured",
  intent,
  amount: TOTAL,
  currency: "USD",
  attempt: 1,
  at: T0,
});

export const refunded = (refund: string, intent: string, amount: number): StampedPaymentFact => ({
  type: "refunded",
  refund,
  intent,
  amount,
  currency: "USD",
  attempt: 1,
  at: T0,
});

/** Feeds events to a fresh order, keeping the ledger as the object does. */
export function runOrder(events: readonly OrderEvent[], now: number = T0) {
  let order = newOrder(T0);
  const ledger: LedgerEntry[] = [];
  const view = { has: (ref: string) => ledger.some((entry) => entry.ref === ref) };
  const states: string[] = [];
  const effects: (readonly Effect[])[] = [];
  for (const event of events) {
    const decision = decide(order, event, view, now);
    states.push(decision?.order.state ?? "ignored");
    effects.push(decision?.effects ?? []);
    if (decision?.entry) ledger.push(decision.entry);
    order = decision?.order ?? order;
  }
  return { order, ledger, states, effects };
}
