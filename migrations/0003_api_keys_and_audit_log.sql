-- Keys of the admin API. Only a SHA-256 of the key is kept: it has 160 random bits, so there is nothing to guess and a slow hash would
-- protect nothing. Times in UTC ms; `scopes` is a JSON array. `last_used_at` is coarse (an hour), so that a request is not a write.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY CHECK (length(id) = 16),
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  scopes TEXT NOT NULL CHECK (json_valid(scopes)),
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER CHECK (expires_at > created_at),
  revoked_at INTEGER,
  revoked_by TEXT CHECK ((revoked_at IS NULL) = (revoked_by IS NULL)),
  last_used_at INTEGER
) STRICT;
CREATE INDEX api_keys_by_time ON api_keys (created_at DESC, id DESC);

-- Who asked for which change. The row is written before the change is made, its outcome after: the change happens in another store (an
-- object, a queue), so there is no transaction over both, and a row that is written afterwards could be lost although the change was made.
-- Ids are UUIDv7: their order is the order of time.
CREATE TABLE audit_log (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  actor_id TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  request_id TEXT NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  subject TEXT NOT NULL,
  request TEXT NOT NULL CHECK (json_valid(request))
) STRICT;
CREATE INDEX audit_log_by_actor ON audit_log (actor_id, id DESC);
CREATE INDEX audit_log_by_subject ON audit_log (subject, id DESC);

-- How it ended, at most once. A row without one: the Worker or D1 stopped in between, and the subject has to be looked at.
-- `subject` names what came into being, when only the outcome could know its id.
CREATE TABLE audit_outcomes (
  id TEXT PRIMARY KEY REFERENCES audit_log (id),
  at INTEGER NOT NULL,
  status INTEGER NOT NULL,
  code TEXT,
  subject TEXT
) STRICT;
CREATE INDEX audit_outcomes_by_subject ON audit_outcomes (subject, id DESC) WHERE subject IS NOT NULL;

-- Append-only, whatever code runs.
CREATE TRIGGER audit_log_is_never_changed BEFORE UPDATE ON audit_log BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;
CREATE TRIGGER audit_log_is_never_deleted BEFORE DELETE ON audit_log BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;
CREATE TRIGGER audit_outcomes_are_never_changed BEFORE UPDATE ON audit_outcomes BEGIN
  SELECT RAISE(ABORT, 'audit_outcomes is append-only');
END;
CREATE TRIGGER audit_outcomes_are_never_deleted BEFORE DELETE ON audit_outcomes BEGIN
  SELECT RAISE(ABORT, 'audit_outcomes is append-only');
END;
