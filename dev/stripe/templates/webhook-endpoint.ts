import type { Rendered } from "../protocol/rendering.ts";
import type { WebhookEndpointRow } from "../state/rows.ts";

/** Without its secret, which Stripe shows once, in the answer to the creation. */
export function webhookEndpoint(row: WebhookEndpointRow): Rendered {
  return {
    id: row.id,
    object: "webhook_endpoint",
    api_version: row.api_version,
    application: null,
    created: row.created,
    description: row.description,
    enabled_events: row.enabled_events,
    livemode: false,
    metadata: row.metadata,
    status: row.status,
    url: row.url,
  };
}
