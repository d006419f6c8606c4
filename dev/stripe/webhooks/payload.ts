import type { WebhookFaults } from "../control/faults.ts";
import type { RenderingContext } from "../protocol/rendering.ts";
import { renderEvent } from "../protocol/rendering.ts";
import type { EventRow, WebhookEndpointRow } from "../state/rows.ts";
import { signatureHeader } from "./signature.ts";

/** Stale by more than any tolerance that a receiver would allow; the SDK's is five minutes. */
const STALE_S = 3_600;

export type SignedPayload = { readonly body: string; readonly signature: string | null };

/**
 * The event as it goes over the wire, in the endpoint's API version and indented as Stripe sends it: a receiver
 * that verifies anything but the raw body is found out here. `faults` spoil this copy only, never the event.
 */
export function signedPayload(
  event: EventRow,
  endpoint: WebhookEndpointRow,
  { context, faults, now_ms }: { context: RenderingContext; faults: WebhookFaults | null; now_ms: number },
): SignedPayload {
  const rendered = renderEvent(event, context);
  const api_version = faults?.api_version ?? endpoint.api_version ?? rendered["api_version"];
  const names = faults?.rename_fields;
  const data = names === undefined ? rendered["data"] : renamed(rendered["data"], names);
  const body = JSON.stringify({ ...rendered, api_version, data }, null, 2);
  const timestamp_s = Math.floor(now_ms / 1_000);
  const secrets = [endpoint.secret, endpoint.previous_secret].filter((secret) => secret !== null);
  switch (faults?.signature ?? "good") {
    case "good":
      return { body, signature: signatureHeader(body, { secrets, timestamp_s }) };
    case "bad":
      return { body, signature: signatureHeader(body, { secrets: ["whsec_of_somebody_else"], timestamp_s }) };
    case "stale":
      return { body, signature: signatureHeader(body, { secrets, timestamp_s: timestamp_s - STALE_S }) };
    case "missing":
      return { body, signature: null };
  }
}

function renamed(value: unknown, names: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [names[name] ?? name, renamed(part, names)]));
}
