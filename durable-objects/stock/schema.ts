import { INBOX_TABLE } from "../inbox.ts";
import { WORK_TABLE } from "../job.ts";

/** Invariant 1 is asserted by the table itself: no code path can write a level that oversells. */
export const STOCK_STEPS: readonly string[] = [
  `CREATE TABLE level (
    sku TEXT PRIMARY KEY,
    received INTEGER NOT NULL,
    on_hand INTEGER NOT NULL CHECK (on_hand >= 0),
    sold INTEGER NOT NULL CHECK (sold >= 0),
    reserved INTEGER NOT NULL CHECK (reserved BETWEEN 0 AND on_hand),
    seq INTEGER NOT NULL,
    CHECK (received = on_hand + sold)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE reservations (
    order_id TEXT PRIMARY KEY,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    state TEXT NOT NULL CHECK (state IN ('held', 'claimed')),
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX reservations_by_expiry ON reservations (expires_at);
  CREATE TABLE adjustments (
    seq INTEGER PRIMARY KEY,
    delta INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  ${INBOX_TABLE};
  ${WORK_TABLE};`,
  // 0 for SKUs that are older than the column: one that is low already says so with its next change, which is late but not never.
  `ALTER TABLE level ADD COLUMN low INTEGER NOT NULL DEFAULT 0 CHECK (low IN (0, 1))`,
];
