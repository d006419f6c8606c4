import { setTimeout } from "node:timers/promises";
import type Stripe from "stripe";

/** What the payment provider took, by the order that the charge names, whoever's order it is. */
export interface Charges {
  readonly byOrder: ReadonlyMap<string, number>;
  /** Orders that were charged more than once. */
  readonly doubled: readonly string[];
}

const PAGE = 100;
const LOOK_EVERY_MS = 500;

export async function chargesOf(stripe: Stripe): Promise<Charges> {
  const byOrder = new Map<string, number>();
  for await (const { status, metadata } of stripe.paymentIntents.list({ limit: PAGE })) {
    const order = metadata["order_id"];
    if (status === "succeeded" && order !== undefined) byOrder.set(order, (byOrder.get(order) ?? 0) + 1);
  }
  return { byOrder, doubled: [...byOrder].flatMap(([order, charges]) => (charges > 1 ? [order] : [])) };
}

/** Waits until each of these orders has been charged, or nothing more comes in time. Answers those without a charge. */
export async function unchargedOf(stripe: Stripe, orders: readonly string[], timeoutMs: number): Promise<string[]> {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const { byOrder } = await chargesOf(stripe);
    const missing = orders.filter((order) => !byOrder.has(order));
    if (missing.length === 0 || Date.now() > giveUpAt) return missing;
    await setTimeout(LOOK_EVERY_MS);
  }
}
