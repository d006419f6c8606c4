import type { FreshIds } from "../../src/domain/events/id-memory.ts";
import type { MoneyTotals } from "../../src/domain/events/ledger.ts";
import { goodsOf, type OrderMoney, refundedOf } from "../../src/domain/events/order-money.ts";

const BYTES_PER_ID = 8;
/** Of one blob; storage takes 2 MB. */
const IDS_PER_BLOB = 100_000;
const AUDIT_PAGE = 5_000;

type MoneyRow = {
  key: string;
  currency: string;
  version: number;
  captured: number;
  returned: number;
  total: number;
  at: number;
  doc: string;
};

/** The tables beside an EventShard's log. Every method that writes answers how many rows that were. */
export class ShardTables {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** How many ids of a bucket are stored; reads none of them. */
  countIds(bucket: number): number {
    const sizes = this.#sql.exec<{ bytes: number }>(
      "SELECT ifnull(sum(length(hashes)), 0) AS bytes FROM ids WHERE bucket = ?",
      bucket,
    );
    return sizes.one().bytes / BYTES_PER_ID;
  }

  /** Ids of a bucket but for the first `skip`, the oldest first. One blob is in memory at a time: a client may have filled a bucket with far more than fits. */
  *ids(bucket: number, skip: number): Generator<Uint32Array> {
    const { part, left } = this.#placeOf(bucket, skip);
    const rows = this.#sql.exec<{ hashes: ArrayBuffer }>(
      "SELECT hashes FROM ids WHERE bucket = ? AND part >= ? ORDER BY part",
      bucket,
      part,
    );
    let from = left * 2;
    for (const { hashes } of rows) {
      yield new Uint32Array(hashes).subarray(from);
      from = 0;
    }
  }

  /** The blob that has the first id after `skip` others, and how many of those are in it. */
  #placeOf(bucket: number, skip: number): { readonly part: number; readonly left: number } {
    let left = skip;
    if (skip === 0) return { part: 0, left };
    const sizes = this.#sql.exec<{ part: number; bytes: number }>(
      "SELECT part, length(hashes) AS bytes FROM ids WHERE bucket = ? ORDER BY part",
      bucket,
    );
    for (const { part, bytes } of sizes.toArray()) {
      if (left < bytes / BYTES_PER_ID) return { part, left };
      left -= bytes / BYTES_PER_ID;
    }
    return { part: Number.MAX_SAFE_INTEGER, left: 0 };
  }

  saveIds(fresh: readonly FreshIds[], commit: number, keptUntil: number): number {
    let written = 0;
    for (const { bucket, hashes } of fresh) {
      for (let from = 0, blob = 0; from < hashes.length; from += IDS_PER_BLOB * 2, blob++) {
        const bytes = hashes.slice(from, from + IDS_PER_BLOB * 2).buffer;
        written += this.#sql.exec(
          "INSERT INTO ids (bucket, part, kept_until, hashes) VALUES (?, ?, ?, ?)",
          bucket,
          // Grows with time within a bucket; a bucket has far fewer blobs in a commit.
          commit * 1_000 + blob,
          keptUntil,
          bytes,
        ).rowsWritten;
      }
    }
    return written;
  }

  /** Drops what need not be remembered any more, and answers which buckets that concerns. */
  expireIds(now: number): { readonly buckets: readonly number[]; readonly rows: number } {
    const cursor = this.#sql.exec<{ bucket: number }>("DELETE FROM ids WHERE kept_until < ? RETURNING bucket", now);
    const buckets = [...new Set(cursor.toArray().map(({ bucket }) => bucket))];
    return { buckets, rows: cursor.rowsWritten };
  }

  money(key: string): OrderMoney | undefined {
    const [row] = this.#sql.exec<MoneyRow>("SELECT * FROM money WHERE key = ?", key).toArray();
    return row && moneyOf(row);
  }

  saveMoney({ key, currency, version, captured, returned, total, at, lines, isSold, marks }: OrderMoney): number {
    return this.#sql.exec(
      `INSERT INTO money (key, currency, version, captured, returned, total, at, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET currency = excluded.currency, version = excluded.version, captured = excluded.captured,
         returned = excluded.returned, total = excluded.total, at = excluded.at, doc = excluded.doc`,
      key,
      currency,
      version,
      captured,
      returned,
      total,
      at,
      JSON.stringify({ lines, isSold, marks }),
    ).rowsWritten;
  }

  /** What all rows of our own orders, or of those that were reported, add up to. */
  moneyTotals(origin: "own" | "reported"): Record<string, MoneyTotals> {
    const totals: Record<string, MoneyTotals> = {};
    for (let after = ""; ;) {
      const rows = this.#sql
        .exec<MoneyRow>("SELECT * FROM money WHERE key > ? ORDER BY key LIMIT ?", after, AUDIT_PAGE)
        .toArray();
      for (const row of rows.map(moneyOf)) {
        after = row.key;
        if ((row.captured === 0 && !row.isSold) || row.key.startsWith("reported:") !== (origin === "reported"))
          continue;
        const sum = totals[row.currency] ?? { captured: 0, refunded: 0, orders: 0, goods: 0 };
        totals[row.currency] = {
          captured: sum.captured + row.captured,
          refunded: sum.refunded + refundedOf(row),
          orders: sum.orders + (row.isSold ? 1 : 0),
          goods: sum.goods + goodsOf(row),
        };
      }
      if (rows.length < AUDIT_PAGE) return totals;
    }
  }
}

function moneyOf({ doc, ...row }: MoneyRow): OrderMoney {
  // SAFETY: `doc` is only written by `saveMoney`.
  const { lines, isSold, marks } = JSON.parse(doc) as Pick<OrderMoney, "lines" | "isSold" | "marks">;
  return { ...row, lines, isSold, marks };
}
