import type { EndpointDetails, LoggedDelivery } from "../../../durable-objects/webhook-endpoint/webhook-endpoint.ts";
import type { EndpointSummary } from "../../domain/notifications.ts";
import { time } from "../context.ts";

export const summaryView = ({
  id,
  url,
  events,
  description,
  status,
  reason,
  createdAt,
  updatedAt,
}: EndpointSummary) => ({
  id,
  url,
  events,
  description,
  status,
  ...(reason !== undefined && { reason }),
  created_at: time(createdAt),
  updated_at: time(updatedAt),
});

export const detailsView = ({ endpoint, secrets }: EndpointDetails) => ({
  ...summaryView(endpoint),
  health: {
    failures: endpoint.failures,
    ...(endpoint.failingSince !== undefined && { failing_since: time(endpoint.failingSince) }),
  },
  secrets: secrets.map(({ createdAt, expiresAt }) => ({
    created_at: time(createdAt),
    ...(expiresAt !== undefined && { expires_at: time(expiresAt) }),
  })),
});

/** A delivery's id names its endpoint too, so that it can be found without an index of all deliveries. */
export const deliveryId = (endpointId: string, seq: number): string => `dlv_${endpointId.slice("we_".length)}_${seq}`;

export function parseDeliveryId(id: string): { endpointId: string; seq: number } | undefined {
  const [, uuid, seq] = /^dlv_([0-9a-f-]{36})_([1-9]\d{0,14})$/.exec(id) ?? [];
  return uuid === undefined ? undefined : { endpointId: `we_${uuid}`, seq: Number(seq) };
}

export const deliveryView = (endpointId: string, row: LoggedDelivery) => ({
  id: deliveryId(endpointId, row.seq),
  endpoint_id: endpointId,
  event_id: row.eventId,
  type: row.type,
  state: row.state,
  ...(row.reason !== null && { reason: row.reason }),
  ...(row.state === "pending" && { next_attempt_at: time(row.nextAt) }),
  created_at: time(row.createdAt),
  ...(row.endedAt !== null && { ended_at: time(row.endedAt) }),
  attempts: row.tried.map(({ number, at, durationMs, status, error, response }) => ({
    number,
    at: time(at),
    duration_ms: durationMs,
    ...(status !== null && { status }),
    ...(error !== null && { error }),
    ...(response !== null && { response }),
  })),
});
