import { checkIntents } from "../../scripts/audit/intents.ts";
import { checkMoney } from "../../scripts/audit/money.ts";
import { checkStock } from "../../scripts/audit/stock.ts";
import { orderObjectSchema, type PspIntent, type Snapshot } from "../../scripts/audit/snapshot.ts";
import { auditView } from "../../src/ops/order-view.ts";
import { env } from "./objects.ts";

/**
 * What `npm run audit` would find wrong with one order, its SKU and its PaymentIntent, read from the objects themselves. There is no read
 * model and no consumer in these tests, so the rules about stock and money are all that apply.
 */
export async function wrongsOf(orderId: string, sku: string, intent: PspIntent): Promise<string[]> {
  const audit = await env.ORDER.getByName(orderId).audit();
  const { level, reservations, pendingWork } = await env.STOCK.getByName(sku).audit(sku);
  const held = reservations.filter(({ state }) => state === "held");
  const claimed = reservations.filter(({ state }) => state === "claimed");
  const { onHand, ...counts } = level;
  const snapshot: Snapshot = {
    // As it arrives over HTTP: without the fields that are undefined.
    orders: [{ id: orderId, object: orderObjectSchema.parse(JSON.parse(JSON.stringify(audit && auditView(audit)))) }],
    stock: [
      {
        level: { ...counts, on_hand: onHand },
        held: held.map(({ orderId: order, quantity }) => ({ order_id: order, quantity })),
        claimed: { orders: claimed.length, units: claimed.reduce((sum, { quantity }) => sum + quantity, 0) },
        pending_work: pendingWork,
        projection: null,
      },
    ],
    intents: [intent],
    metrics: { queues: [], dead_letters: [] },
    analytics: { shards: [], slices: [], spills: [] },
  };
  return [...checkStock(snapshot), ...checkMoney(snapshot), ...checkIntents(snapshot)].flatMap(({ wrong }) => wrong);
}
