import { WORK_TABLE } from "../job.ts";

/**
 * One receiver: its settings, the secrets that sign for it, and every delivery with its attempts. `next_at` (UTC ms) is when a pending
 * delivery is tried next; while an attempt is under way it is when that attempt counts as lost. `tries` counts attempts of this
 * round, `attempts` all of them.
 */
export const WEBHOOK_ENDPOINT_STEPS: readonly string[] = [
  `CREATE TABLE endpoint (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    events TEXT NOT NULL CHECK (json_valid(events)),
    description TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('enabled', 'disabled')),
    reason TEXT,
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    failing_since INTEGER CHECK ((failing_since IS NULL) = (failures = 0)),
    version INTEGER NOT NULL CHECK (version > 0),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE secrets (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    secret TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
  ) STRICT;
  CREATE TABLE deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    reason TEXT,
    tries INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER CHECK ((ended_at IS NULL) = (state = 'pending'))
  ) STRICT;
  CREATE INDEX deliveries_due ON deliveries (next_at) WHERE state = 'pending';
  CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE state <> 'pending';
  CREATE TABLE attempts (
    delivery INTEGER NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    status INTEGER,
    error TEXT,
    response TEXT,
    PRIMARY KEY (delivery, number)
  ) STRICT, WITHOUT ROWID;
  ${WORK_TABLE};`,
];
