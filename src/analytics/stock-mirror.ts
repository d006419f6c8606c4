import type { EventsMessage } from "../domain/messages.ts";
import { inTime } from "../platform/in-time.ts";

export type StockLevel = Extract<EventsMessage, { readonly type: "stock.level" }>;

/** A database that hangs must not hold up the next batch of events. */
const MIRROR_MS = 5_000;

/** A message with a smaller `seq` is older than what is known and changes nothing. (`WHERE true` keeps SQLite from reading ON as a join.) */
const MIRROR_LEVELS = `
  INSERT INTO stock_levels (sku, on_hand, reserved, sold, seq, as_of)
  SELECT value ->> 'sku', value ->> 'onHand', value ->> 'reserved', value ->> 'sold', value ->> 'seq', value ->> 'at'
  FROM json_each(?1) WHERE true
  ON CONFLICT (sku) DO UPDATE SET on_hand = excluded.on_hand, reserved = excluded.reserved, sold = excluded.sold,
    seq = excluded.seq, as_of = excluded.as_of
  WHERE excluded.seq > stock_levels.seq`;

/** Brings the read model of the stock levels up to date. */
export async function mirrorStock(db: D1Database, levels: readonly StockLevel[]): Promise<void> {
  await inTime(db.prepare(MIRROR_LEVELS).bind(JSON.stringify(levels)).run(), MIRROR_MS);
}
