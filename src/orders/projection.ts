import type { OrderSummary } from "../domain/messages.ts";

/** The newest version of each order among `changes`: an upsert may not touch one row twice, and older ones would be lost anyway. */
export function newestOfEach(changes: readonly OrderSummary[]): OrderSummary[] {
  const newest = new Map<string, OrderSummary>();
  for (const order of changes) {
    const known = newest.get(order.id);
    if (!known || known.version < order.version) newest.set(order.id, order);
  }
  return [...newest.values()];
}

/**
 * All rows travel as one JSON parameter, so a batch of any size is one statement and one transaction. The version guards the row: messages come
 * late, twice and in any order, and an older state never overwrites a newer one. (`WHERE true` keeps SQLite from reading
 * `ON CONFLICT` as part of a join.)
 */
export const PROJECT_ORDERS = `
INSERT INTO orders (
  id, number, status, cart_id, email, currency, total, captured, refunded, intent, review, version, placed_at, updated_at
)
SELECT
  value ->> 'id', value ->> 'number', value ->> 'status', value ->> 'cartId', value ->> 'email', value ->> 'currency',
  value ->> 'total', value ->> 'captured', value ->> 'refunded', value ->> 'intent', value ->> 'review',
  value ->> 'version', value ->> 'placedAt', value ->> 'updatedAt'
FROM json_each(?1) WHERE true
ON CONFLICT (id) DO UPDATE SET
  number = excluded.number, status = excluded.status, cart_id = excluded.cart_id, email = excluded.email,
  currency = excluded.currency, total = excluded.total, captured = excluded.captured, refunded = excluded.refunded,
  intent = excluded.intent, review = excluded.review, version = excluded.version, placed_at = excluded.placed_at,
  updated_at = excluded.updated_at
WHERE excluded.version > orders.version`;

/** Under which SKUs an order is found. Redelivered rows are there already. */
export const PROJECT_SKUS = `
INSERT OR IGNORE INTO order_skus (sku, placed_at, order_id)
SELECT skus.value, orders.value ->> 'placedAt', orders.value ->> 'id'
FROM json_each(?1) AS orders, json_each(orders.value, '$.skus') AS skus`;

/** Brings the read model up to date with these changes: all of them, or none when it throws. */
export async function projectOrders(db: D1Database, changes: readonly OrderSummary[]): Promise<void> {
  const rows = JSON.stringify(newestOfEach(changes));
  await db.batch([PROJECT_ORDERS, PROJECT_SKUS].map((statement) => db.prepare(statement).bind(rows)));
}
