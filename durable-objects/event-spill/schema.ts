import { WORK_TABLE } from "../job.ts";

/** What waits, in the order in which it came. The request itself is a structured clone in the key-value store, under `spilled:<seq>`. */
export const EVENT_SPILL_STEPS: readonly string[] = [
  `CREATE TABLE spilled (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    events INTEGER NOT NULL CHECK (events >= 0),
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    refusals INTEGER NOT NULL DEFAULT 0 CHECK (refusals >= 0)
  ) STRICT;
  ${WORK_TABLE};`,
];
