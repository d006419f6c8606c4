-- Read model of the WebhookEndpoint objects: what the list shows, and whom an event may concern. `version` is the object's own; a message
-- with a smaller one is older and changes nothing. A deleted one stays as a row, so that a late message does not bring it back.
-- Signing secrets are not in here: the object that signs has them, and nothing reads them out (docs/decisions/0008).
CREATE TABLE webhook_endpoints (
  id TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  events TEXT NOT NULL CHECK (json_valid(events)),
  description TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('enabled', 'disabled', 'deleted')),
  reason TEXT,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_endpoints_by_status ON webhook_endpoints (status, id);
