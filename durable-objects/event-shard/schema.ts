/**
 * Beside the packed log (durable-objects/packed-log.ts), which is the state. `ids`: hashes of ids by the minute of their stamp, eight bytes each,
 * written at checkpoints; `kept_until` stands before the blob so that finding what has expired does not read it. `money`: one row per order, for ever.
 */
export const EVENT_SHARD_STEPS: readonly string[] = [
  `CREATE TABLE ids (
    bucket INTEGER NOT NULL,
    part INTEGER NOT NULL,
    kept_until INTEGER NOT NULL,
    hashes BLOB NOT NULL CHECK (length(hashes) % 8 = 0),
    PRIMARY KEY (bucket, part)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE money (
    key TEXT PRIMARY KEY,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    version INTEGER NOT NULL CHECK (version >= 0),
    captured INTEGER NOT NULL CHECK (captured >= 0),
    returned INTEGER NOT NULL CHECK (returned >= 0),
    total INTEGER NOT NULL,
    at INTEGER NOT NULL,
    doc TEXT NOT NULL CHECK (json_valid(doc))
  ) STRICT, WITHOUT ROWID;`,
];
