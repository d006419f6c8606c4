import type { Snapshot } from "../audit/snapshot.ts";

/**
 * Orders of a shop that none of its shoppers was told of. One that was rejected for want of stock is left out: its shopper was told that there is none. Any other
 * was made by a request whose sender heard of another order, or of none.
 */
export function untoldOf(orders: Snapshot["orders"], told: readonly string[]): string[] {
  const known = new Set(told);
  return orders.flatMap(({ id, object }) =>
    object && object.order.status !== "rejected" && !known.has(id) ? [id] : [],
  );
}
