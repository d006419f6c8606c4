import { ORDER_STATES } from "../../src/domain/order-record.ts";
import { INBOX_TABLE } from "../inbox.ts";
import { WORK_TABLE } from "../job.ts";

const STATES = ORDER_STATES.map((state) => `'${state}'`).join(", ");

/**
 * `doc` is the domain's `Order` as JSON; the columns beside it are what SQL checks. The ledger's key is the PSP's own reference, so no
 * movement of money can be entered twice; history is append-only.
 *
 * The list of states is frozen into the step that created the table. A state added later needs a step that rebuilds it.
 */
export const ORDER_STEPS: readonly string[] = [
  `CREATE TABLE "order" (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN (${STATES})),
    version INTEGER NOT NULL CHECK (version > 0),
    captured INTEGER NOT NULL CHECK (captured >= 0),
    refunded INTEGER NOT NULL CHECK (refunded BETWEEN 0 AND captured),
    doc TEXT NOT NULL CHECK (json_valid(doc))
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE ledger (
    ref TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('capture', 'refund')),
    intent TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    currency TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE history (
    version INTEGER PRIMARY KEY,
    cause TEXT NOT NULL,
    state TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  ${INBOX_TABLE};
  ${WORK_TABLE};`,
];
