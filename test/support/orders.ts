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
  const view = {
    has: (ref: string) => ledger.some((entry) => entry.ref === ref),
    amountOf: (ref: string) => ledger.find((entry) => entry.ref === ref)?.amount ?? 0,
  };
  const states: string[] = [];
  const effects: (readonly Effect[])[] = [];
  for (const event of events) {
    const isTooEarly = event.type === "refunded" && !view.has(event.intent);
    const decision = isTooEarly ? undefined : decide(order, event, view, now);
    states.push(decision?.order.state ?? "ignored");
    effects.push(decision?.effects ?? []);
    if (decision?.entry) enter(ledger, decision.entry);
    order = decision?.order ?? order;
  }
  return { order, ledger, states, effects };
}

function enter(ledger: LedgerEntry[], entry: LedgerEntry): void {
  const i = ledger.findIndex(({ ref }) => ref === entry.ref);
  if (i < 0) ledger.push(entry);
  else ledger[i] = entry;
}
