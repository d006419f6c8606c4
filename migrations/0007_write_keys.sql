-- Write keys of the tracking API. A public one is in every page, so it is kept as it is and may do little; of a secret one only a SHA-256 is
-- kept (160 random bits: there is nothing to guess). Both are found by their hash. A deleted key stays as a row, because events name it.
-- `source` is what the keys of one sender share: an order that is reported under two keys of one source counts once.
CREATE TABLE write_keys (
  id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
  kind TEXT NOT NULL CHECK (kind IN ('public', 'secret')),
  key TEXT CHECK ((key IS NOT NULL) = (kind = 'public')),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  source TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 64),
  origins TEXT NOT NULL CHECK (json_valid(origins)),
  limited INTEGER NOT NULL CHECK (limited IN (0, 1)),
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER,
  deleted_by TEXT CHECK ((deleted_at IS NULL) = (deleted_by IS NULL))
) STRICT;
CREATE INDEX write_keys_by_time ON write_keys (created_at DESC, id DESC);
