import { WORK_TABLE } from "../job.ts";

/**
 * The log of decisions: rows are added and never changed, which the triggers see to. `hash` covers the row and the hash before it; rows of before the second
 * step, and of a Worker that is older than it, have none, and the next one that has covers them as well. The state is one record of the key-value store.
 */
export const PIPELINE_COORDINATOR_STEPS: readonly string[] = [
  `CREATE TABLE decisions (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    entry TEXT NOT NULL CHECK (json_valid(entry))
  ) STRICT;
  CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'a decision is not changed'); END;
  CREATE TRIGGER decisions_are_kept BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'a decision is not deleted'); END;
  ${WORK_TABLE};`,
  "ALTER TABLE decisions ADD COLUMN hash TEXT CHECK (length(hash) = 64)",
];
