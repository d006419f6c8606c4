import type { OrderObject, PspIntent, Snapshot, StockEntry } from "../../scripts/audit/snapshot.ts";

type OrderShape = OrderObject["order"];

export const usd = (amount: number) => ({ amount, currency: "USD" });

export function orderObject(
  id: string,
  shape: Partial<OrderShape> & { captured?: number; refunded?: number } = {},
): OrderObject {
  const { captured = 2_000, refunded = 0, ...rest } = shape;
  const intent = `pi_${id}`;
  const capture = { ref: intent, kind: "capture" as const, intent, amount: usd(captured) };
  const refund = { ref: `re_${id}`, kind: "refund" as const, intent, amount: usd(refunded) };
  return {
    order: {
      id,
      status: "paid",
      version: 4,
      lines: [{ sku: "A", quantity: 2 }],
      totals: { total: usd(2_000) },
      payment: { status: "succeeded", captured: usd(captured), refunded: usd(refunded) },
      stock: "claimed",
      ...rest,
    },
    ledger: [...(captured > 0 ? [capture] : []), ...(refunded > 0 ? [refund] : [])],
    pending_work: 0,
  };
}

export const unpaid = (id: string): OrderObject =>
  orderObject(id, {
    status: "requires_action",
    stock: "reserved",
    captured: 0,
    payment: { status: "requires_action", captured: usd(0), refunded: usd(0) },
  });

export function entryOf(object: OrderObject): Snapshot["orders"][number] {
  const { id, status, version, totals, payment } = object.order;
  const { captured, refunded } = payment;
  return { id, projection: { id, status, version, total: totals.total, captured, refunded }, object };
}

export const intentOf = (id: string, shape: Partial<PspIntent> = {}): PspIntent => ({
  id: `pi_${id}`,
  status: "succeeded",
  amount: 2_000,
  received: 2_000,
  refunded: 0,
  currency: "usd",
  orderId: id,
  ...shape,
});

export function stockEntry(shape: Partial<StockEntry["level"]> = {}, rest: Partial<StockEntry> = {}): StockEntry {
  const level = { sku: "A", received: 10, on_hand: 8, sold: 2, reserved: 2, seq: 5, ...shape };
  const { on_hand, reserved, sold, seq } = level;
  return {
    level,
    held: [{ order_id: "ord_2", quantity: 2 }],
    claimed: { orders: 1, units: 2 },
    pending_work: 0,
    projection: { on_hand, reserved, sold, seq },
    ...rest,
  };
}

const book = (captured: number, refunded = 0) => ({
  USD: { captured, refunded, orders: 1, goods: captured - refunded },
});

/** One shard and one slice that saw the paid order and three events. */
export function analyticsOf(
  change: { shown?: number; kept?: number; products?: number; ledger?: object; unpushed?: number } = {},
): Snapshot["analytics"] {
  const { shown = 2_000, kept = shown, products = 2_000, ledger = {}, unpushed = 0 } = change;
  return {
    shards: [
      {
        name: "shard-0",
        ledger: { received: 3, applied: 1, duplicate: 1, late: 0, rejected: 1, pending: 0, ...ledger },
        money: { own: book(shown), reported: {} },
        rows: { own: book(kept), reported: {} },
        unpushed,
      },
    ],
    slices: [{ name: "slice-0", revenue: { USD: products } }],
    spills: [{ shard: "shard-0", parts: 0, events: 0 }],
  };
}

/** A paid order of two units, an order of two units that waits for its shopper, and a payment that is not ours. */
export function shop(change: Partial<Snapshot> = {}): Snapshot {
  return {
    orders: [entryOf(orderObject("ord_1")), entryOf(unpaid("ord_2"))],
    stock: [stockEntry()],
    intents: [
      intentOf("ord_1"),
      intentOf("ord_2", { status: "requires_action", received: 0 }),
      intentOf("x", { orderId: undefined, amount: 5 }),
    ],
    analytics: analyticsOf(),
    metrics: {
      queues: [{ queue: "orders", backlog: 0 }],
      dead_letters: [{ queue: "orders-dead", count: 0 }],
    },
    ...change,
  };
}
