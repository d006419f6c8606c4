import Stripe from "stripe";
import type { Rendered } from "../protocol/rendering.ts";
import type { EventRow } from "../state/rows.ts";

/** The version that the installed SDK is pinned to: an account on any other would be a fault, and is injected as one. */
export const API_VERSION: string = Stripe.API_VERSION;

export function event(
  row: EventRow,
  { object, pending_webhooks }: { object: Readonly<Rendered>; pending_webhooks: number },
): Rendered {
  return {
    id: row.id,
    object: "event",
    api_version: API_VERSION,
    created: row.created,
    data: {
      object,
      ...(row.previous_attributes === null ? {} : { previous_attributes: row.previous_attributes }),
    },
    livemode: false,
    pending_webhooks,
    request: { id: row.request_id, idempotency_key: row.idempotency_key },
    type: row.type,
  };
}
