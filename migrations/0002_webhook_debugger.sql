-- The webhook debugger: why each call was refused, of what cause, and what became of it when it was replayed.
-- `refused`: nobody knows who sent it, or it is no event; never replayed. `waiting`: verified, not understood, to be replayed.
ALTER TABLE rejected_webhooks ADD COLUMN cause TEXT NOT NULL DEFAULT 'unsorted';
ALTER TABLE rejected_webhooks ADD COLUMN status TEXT NOT NULL DEFAULT 'refused' CHECK (status IN ('refused', 'waiting', 'replayed'));
ALTER TABLE rejected_webhooks ADD COLUMN path TEXT;
ALTER TABLE rejected_webhooks ADD COLUMN expected TEXT;
ALTER TABLE rejected_webhooks ADD COLUMN actual TEXT;
ALTER TABLE rejected_webhooks ADD COLUMN note TEXT;
ALTER TABLE rejected_webhooks ADD COLUMN order_id TEXT;
ALTER TABLE rejected_webhooks ADD COLUMN api_version TEXT;
-- How long the payload was. More than what is kept: it was cut.
ALTER TABLE rejected_webhooks ADD COLUMN payload_chars INTEGER NOT NULL DEFAULT 0 CHECK (payload_chars >= 0);
ALTER TABLE rejected_webhooks ADD COLUMN replays INTEGER NOT NULL DEFAULT 0 CHECK (replays >= 0);
ALTER TABLE rejected_webhooks ADD COLUMN replayed_at INTEGER;
ALTER TABLE rejected_webhooks ADD COLUMN replay_result TEXT;
ALTER TABLE rejected_webhooks ADD COLUMN replay_detail TEXT;
CREATE INDEX rejected_webhooks_by_cause ON rejected_webhooks (cause, id);
CREATE INDEX rejected_webhooks_by_status ON rejected_webhooks (status, id);

-- One row per cause. Counts every call, also those whose example was pruned; `last_id` is the example that never is.
CREATE TABLE webhook_causes (
  cause TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  event_type TEXT,
  path TEXT,
  expected TEXT,
  note TEXT,
  count INTEGER NOT NULL CHECK (count > 0),
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  last_id INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_causes_by_time ON webhook_causes (last_at DESC, cause);

-- What was recorded before there were causes is sorted by its reason. Calls with a good signature may be replayed, if they were kept whole.
UPDATE rejected_webhooks SET
  cause = reason || '.before',
  payload_chars = length(payload),
  status = CASE WHEN event_id IS NOT NULL AND length(payload) < 16384 THEN 'waiting' ELSE 'refused' END;
INSERT INTO webhook_causes (cause, reason, count, first_at, last_at, last_id)
  SELECT cause, min(reason), COUNT(*), min(at), max(at), max(id) FROM rejected_webhooks GROUP BY cause;

-- `<reason>.other` is where causes beyond the limit are counted together: what they differ in is not said of it.
CREATE TRIGGER rejected_webhooks_are_counted AFTER INSERT ON rejected_webhooks BEGIN
  INSERT INTO webhook_causes (cause, reason, event_type, path, expected, note, count, first_at, last_at, last_id)
  SELECT new.cause, new.reason, iif(other, NULL, new.event_type), iif(other, NULL, new.path), iif(other, NULL, new.expected),
    new.note, 1, new.at, new.at, new.id
  FROM (SELECT new.cause = new.reason || '.other' AS other) WHERE true
  ON CONFLICT (cause) DO UPDATE SET
    count = count + 1, last_at = max(last_at, excluded.last_at), last_id = excluded.last_id, note = coalesce(excluded.note, note);
END;
