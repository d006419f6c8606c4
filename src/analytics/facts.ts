import type { EventsMessage } from "../domain/messages.ts";

/** How long a fact's id is remembered, in ms. Queues redeliver within minutes; a day leaves room for an outage. */
const REMEMBERED_MS = 24 * 60 * 60 * 1_000;
/** Forgotten per batch. More than a batch brings in, so that the table shrinks to its window and no batch waits long. */
const PRUNED_PER_BATCH = 500;

/** Counts only what is really new: a trigger on `facts` counts the rows that were inserted. */
const COUNT_FACTS = `
  INSERT OR IGNORE INTO facts (id, type, at)
  SELECT value ->> 'id', value ->> 'type', ?2 FROM json_each(?1)
  RETURNING id`;

/** A message with a smaller `seq` is older than what is known and changes nothing. (`WHERE true` keeps SQLite from reading ON as a join.) */
const MIRROR_LEVELS = `
  INSERT INTO stock_levels (sku, on_hand, reserved, sold, seq, as_of)
  SELECT value ->> 'sku', value ->> 'onHand', value ->> 'reserved', value ->> 'sold', value ->> 'seq', value ->> 'at'
  FROM json_each(?1) WHERE true
  ON CONFLICT (sku) DO UPDATE SET on_hand = excluded.on_hand, reserved = excluded.reserved, sold = excluded.sold,
    seq = excluded.seq, as_of = excluded.as_of
  WHERE excluded.seq > stock_levels.seq`;

const PRUNE_FACTS = `
  DELETE FROM facts WHERE id IN (SELECT id FROM facts WHERE at < ?1 ORDER BY at LIMIT ${PRUNED_PER_BATCH})`;

/**
 * Records facts in one transaction: counts each once and brings the mirror of the stock levels up to date. The time that is stored is
 * that of receipt, because the memory of ids must outlast redelivery and a fact may be old when it first arrives.
 */
export async function recordFacts(
  db: D1Database,
  facts: readonly EventsMessage[],
  now: number,
): Promise<{ readonly counted: number; readonly pruned: number }> {
  const heads = facts.map(({ id, type }) => ({ id, type }));
  const levels = facts.filter((fact) => fact.type === "stock.level");
  const statements = [
    db.prepare(COUNT_FACTS).bind(JSON.stringify(heads), now),
    db.prepare(PRUNE_FACTS).bind(now - REMEMBERED_MS),
  ];
  if (levels.length > 0) statements.push(db.prepare(MIRROR_LEVELS).bind(JSON.stringify(levels)));
  const [inserted, pruned] = await db.batch(statements);
  // Not `meta.changes`: that adds what the trigger wrote.
  return { counted: inserted?.results.length ?? 0, pruned: pruned?.meta.changes ?? 0 };
}
