import type { Snapshot } from "./snapshot.ts";

/**
 * What is still under way, in words. While something moves the books cannot be expected to agree; an order that waits for its shopper
 * (a card to confirm, a browser to pay) or for a bank does not move.
 */
export function movementOf({ orders, stock, metrics, analytics }: Snapshot): string[] {
  const objects = orders.flatMap(({ object }) => object ?? []);
  const counts: readonly (readonly [string, number])[] = [
    ["orders being placed", objects.filter(({ order }) => order.status === "placing").length],
    ["orders whose charge has not come back", objects.filter(({ order }) => isCharging(order)).length],
    ["paid orders whose stock is being claimed", objects.filter(({ order }) => order.stock === "claiming").length],
    ["orders with work to do", objects.filter((object) => object.pending_work > 0).length],
    ["SKUs with work to do", stock.filter((entry) => entry.pending_work > 0).length],
    ["counts on their way to products", analytics.shards.reduce((sum, { unpushed }) => sum + unpushed, 0)],
    ...metrics.queues.map(({ queue, backlog }) => [`messages in ${queue}`, backlog] as const),
  ];
  return counts.filter(([, count]) => count > 0).map(([what, count]) => `${count} ${what}`);
}

function isCharging({ status, payment }: { status: string; payment: { status: string } }): boolean {
  return status === "awaiting_payment" && (payment.status === "queued" || payment.status === "unknown");
}
