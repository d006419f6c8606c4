import { type Money, type PricePolicy, totalsOf, type Totals } from "../../src/domain/money.ts";
import type { LegacyCart, LegacyOrder, LegacyStore } from "./store.ts";

/** As the shop's own defaults: the two sides have to come to the same total, or a cart could not change sides. */
export const PRICES: PricePolicy = { shippingFlat: 495, shippingFreeFrom: 5_000, taxBasisPoints: 0 };

type PricedLine = LegacyOrder["lines"][number];

export function pricedLines(cart: LegacyCart, store: LegacyStore): PricedLine[] {
  return cart.lines.map((line) => {
    const product = store.products.get(line.sku);
    return { ...line, name: product?.name ?? line.sku, unitPrice: product?.price ?? 0 };
  });
}

const time = (ms: number): string => new Date(ms).toISOString();

export function cartView(cart: LegacyCart, store: LegacyStore) {
  const lines = pricedLines(cart, store);
  return {
    id: cart.id,
    status: cart.orderId === undefined ? "open" : "ordered",
    currency: cart.currency,
    customer: cart.customer,
    lines: lines.map((line) => lineView(line, cart.currency)),
    totals: totalsView(totalsOf(lines, PRICES), cart.currency),
    order_id: cart.orderId,
    version: cart.version,
    created_at: time(cart.createdAt),
    updated_at: time(cart.updatedAt),
    served_by: "legacy",
  };
}

export function orderView(order: LegacyOrder) {
  const money = (amount: number): Money => ({ amount, currency: order.currency });
  return {
    id: order.id,
    number: order.number,
    status: order.status,
    cart_id: order.cartId,
    lines: order.lines.map((line) => lineView(line, order.currency)),
    totals: totalsView(order.totals, order.currency),
    payment: {
      status: order.status === "paid" ? "succeeded" : order.status,
      intent: order.intent,
      client_secret: order.clientSecret,
      error: order.error,
      captured: money(order.captured),
      refunded: money(0),
    },
    version: order.version,
    placed_at: time(order.placedAt),
    updated_at: time(order.updatedAt),
    served_by: "legacy",
  };
}

function lineView({ sku, name, quantity, unitPrice }: PricedLine, currency: string) {
  const money = (amount: number): Money => ({ amount, currency });
  return { sku, name, quantity, unit_price: money(unitPrice), total: money(quantity * unitPrice) };
}

function totalsView(totals: Totals, currency: string) {
  return Object.fromEntries(Object.entries(totals).map(([name, amount]) => [name, { amount, currency }]));
}
