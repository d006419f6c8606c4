import { type Check, check } from "./check.ts";
import type { OrderEntry, PspIntent, Snapshot } from "./snapshot.ts";

const PAID = new Set(["paid", "partially_fulfilled", "fulfilled", "partially_refunded"]);

/** Invariant 3: no charge without an order, no paid order without its charge. */
export function checkIntents({ orders, intents }: Snapshot): Check[] {
  const known = new Map(orders.map((entry) => [entry.id, entry]));
  const ours = intents.filter(({ orderId }) => orderId !== undefined);
  const objects = orders.flatMap(({ object }) => object ?? []);
  const byOrder = Map.groupBy(ours, ({ orderId }) => orderId ?? "");
  return [
    check("3 every PaymentIntent has its order", ours, (intent) => mismatch(intent, known.get(intent.orderId ?? ""))),
    check("3 what was received is in a ledger", ours, (intent) => {
      const ledger = known.get(intent.orderId ?? "")?.object?.ledger ?? [];
      const entered = ledger.some(({ kind, intent: id }) => kind === "capture" && id === intent.id);
      return intent.received === 0 || entered
        ? undefined
        : `${intent.id}: ${intent.received} received, ${intent.orderId} does not know`;
    }),
    check(
      "3 every paid order has one PaymentIntent",
      objects.filter(({ order }) => PAID.has(order.status)),
      ({ order }) => {
        const succeeded = (byOrder.get(order.id) ?? []).filter(isKept);
        return succeeded.length === 1 ? undefined : `${order.id}: ${order.status} with ${succeeded.length} charges`;
      },
    ),
  ];
}

/** A charge that was given back in full, because it was one too many, is no charge any more. */
const isKept = ({ status, received, refunded }: PspIntent): boolean => status === "succeeded" && received > refunded;

function mismatch(intent: PspIntent, entry: OrderEntry | undefined): string | undefined {
  const total = entry?.object?.order.totals.total;
  if (!total) return `${intent.id}: names ${intent.orderId}, which is unknown`;
  const same = total.amount === intent.amount && total.currency.toLowerCase() === intent.currency.toLowerCase();
  return same
    ? undefined
    : `${intent.id}: ${intent.amount} ${intent.currency}, ${intent.orderId} is ${total.amount} ${total.currency}`;
}
