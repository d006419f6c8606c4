import { INBOX_TABLE } from "../inbox.ts";
import { WORK_TABLE } from "../job.ts";

/**
 * One row holds the whole cart: it is read and written as a whole, and one row per change is what a change costs. `doc` is the domain's
 * `Cart` as JSON; the columns beside it are what SQL checks.
 */
export const CART_STEPS: readonly string[] = [
  `CREATE TABLE cart (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('open', 'checking_out', 'ordered', 'abandoned')),
    version INTEGER NOT NULL CHECK (version > 0),
    doc TEXT NOT NULL CHECK (json_valid(doc))
  ) STRICT, WITHOUT ROWID;
  ${INBOX_TABLE};
  ${WORK_TABLE};`,
];
