import { WORK_TABLE } from "../job.ts";

/**
 * One guarded flag. `flag` is one row: the domain's `Flag` as JSON. `failures` are the operations that were counted against the new path, by the
 * name of the logical operation and the epoch, so that a retry is recognised. `series` holds sums of ten seconds. `decisions` is a chain: each
 * row's hash covers the row and the hash before it, so none can be changed or taken out unseen. Times in UTC ms.
 */
export const FLAG_COORDINATOR_STEPS: readonly string[] = [
  `CREATE TABLE flag (
    key TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (
      state IN ('off', 'shadow', 'ramping', 'waiting', 'paused', 'complete', 'rolled_back', 'killed')
    ),
    epoch INTEGER NOT NULL CHECK (epoch >= 0),
    doc TEXT NOT NULL CHECK (json_valid(doc))
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE failures (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    epoch INTEGER NOT NULL,
    key TEXT NOT NULL,
    at INTEGER NOT NULL,
    doc TEXT NOT NULL CHECK (json_valid(doc)),
    UNIQUE (epoch, key)
  ) STRICT;
  CREATE TABLE series (
    at INTEGER PRIMARY KEY,
    ok INTEGER NOT NULL,
    err INTEGER NOT NULL,
    safe INTEGER NOT NULL,
    s INTEGER NOT NULL,
    share INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE decisions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    entry TEXT NOT NULL CHECK (json_valid(entry)),
    hash TEXT NOT NULL CHECK (length(hash) = 64)
  ) STRICT;
  ${WORK_TABLE};`,
];
