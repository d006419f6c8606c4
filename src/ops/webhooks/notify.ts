import type { WebhookEvent } from "../../../durable-objects/webhook-endpoint/webhook-endpoint.ts";
import { type EndpointSummary, notificationsMessageSchema, wants } from "../../domain/notifications.ts";
import { log } from "../../platform/log.ts";
import { callObject } from "../../platform/object-call.ts";
import { type Delivery, parseBatch, type RawBatch, retryAfterSeconds, settleEach } from "../../platform/queue-batch.ts";
import { mapBounded } from "../concurrency.ts";
import { eventOf, type EventMessage } from "./event.ts";
import { enabledEndpoints, putEndpoint } from "./registry.ts";

const CALLS_IN_FLIGHT = 10;

/** What the consumer needs; the tests give it less than the whole env. */
export type NotifyEnv = Pick<OpsEnv, "DB"> & {
  readonly WEBHOOK_ENDPOINT: {
    getByName(id: string): { accept(events: readonly WebhookEvent[]): PromiseLike<{ readonly added: number }> };
  };
};

/**
 * Hands each event to the object of every endpoint that wants it, one call per endpoint and batch. Nothing is sent from here: a call ends when
 * the event is stored, and the objects know an event that comes again.
 */
export async function notify(batch: RawBatch, env: NotifyEnv): Promise<void> {
  const deliveries = parseBatch(batch, notificationsMessageSchema);
  const changes: Delivery<EndpointSummary>[] = [];
  const messages: Delivery<EventMessage>[] = [];
  for (const { body, message } of deliveries) {
    if (body.type === "endpoint.changed") changes.push({ body: body.endpoint, message });
    else messages.push({ body, message });
  }
  await settleEach(changes, CALLS_IN_FLIGHT, async ({ body }) => {
    await putEndpoint(env.DB, body);
    return "ack";
  });
  if (messages.length > 0) await fanOut(messages, env);
}

async function fanOut(messages: readonly Delivery<EventMessage>[], env: NotifyEnv): Promise<void> {
  const { endpoints, unknown } = await readEndpoints(env.DB);
  const events = await Promise.all(messages.map(({ body }) => eventOf(body)));
  const failed = await mapBounded(endpoints, CALLS_IN_FLIGHT, (endpoint) => handOver(endpoint, events, env));
  const missed = failed.filter((endpoint) => endpoint !== undefined);
  for (const { body, message } of messages) {
    const isComplete = !unknown && !missed.some((endpoint) => wants(endpoint.events, body.type));
    if (isComplete) message.ack();
    else message.retry({ delaySeconds: retryAfterSeconds(message.attempts) });
  }
}

async function readEndpoints(db: D1Database): Promise<{ endpoints: EndpointSummary[]; unknown: boolean }> {
  try {
    return { endpoints: await enabledEndpoints(db), unknown: false };
  } catch (error) {
    log("error", "webhook_endpoints_not_read", { error: String(error) });
    return { endpoints: [], unknown: true };
  }
}

/** Returns the endpoint when it could not be told, so that its messages come again; the others recognise theirs. */
async function handOver(
  endpoint: EndpointSummary,
  events: readonly WebhookEvent[],
  env: NotifyEnv,
): Promise<EndpointSummary | undefined> {
  const wanted = events.filter(({ type }) => wants(endpoint.events, type));
  if (wanted.length === 0) return undefined;
  try {
    await callObject(() => env.WEBHOOK_ENDPOINT.getByName(endpoint.id).accept(wanted));
    return undefined;
  } catch (error) {
    log("error", "webhook_events_not_accepted", {
      endpointId: endpoint.id,
      count: wanted.length,
      error: String(error),
    });
    return endpoint;
  }
}
