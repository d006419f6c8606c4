import { WORK_TABLE } from "../job.ts";

/**
 * `rules.rule` is JSON of an AlertRule, `alerts.alert` of what was told when it fired. Times UTC ms. An alert without `cleared_at` is in force;
 * `told` is whether other systems were told that it fired. Its subject's kind and its metric are read out of the JSON, to be sorted by.
 */
export const ALERT_BOOK_STEPS: readonly string[] = [
  `CREATE TABLE rules (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL CHECK (version >= 1),
    rule TEXT NOT NULL CHECK (json_valid(rule)),
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE alerts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    severity INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 2),
    alert TEXT NOT NULL CHECK (json_valid(alert)),
    fired_at INTEGER NOT NULL,
    told INTEGER NOT NULL CHECK (told BETWEEN 0 AND 1),
    worst REAL NOT NULL,
    cleared_at INTEGER,
    cleared_value REAL,
    acknowledged_at INTEGER,
    acknowledged_by TEXT,
    note TEXT
  ) STRICT;
  CREATE INDEX alerts_in_force ON alerts (severity DESC, seq DESC) WHERE cleared_at IS NULL;
  CREATE TABLE mutes (
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    until INTEGER NOT NULL,
    at INTEGER NOT NULL,
    muted_by TEXT NOT NULL,
    PRIMARY KEY (rule, subject)
  ) STRICT, WITHOUT ROWID;
  ${WORK_TABLE};`,
  `ALTER TABLE alerts ADD COLUMN kind TEXT AS (alert ->> '$.subject.kind') VIRTUAL;
  ALTER TABLE alerts ADD COLUMN metric TEXT AS (alert ->> '$.rule.metric') VIRTUAL;
  CREATE INDEX alerts_by_breach ON alerts (kind, metric, subject, severity DESC, seq DESC) WHERE cleared_at IS NULL;`,
];
