/** Ingest in Node, over real SQL and with a queue that does what a script says. Not a test itself. */
import { vi } from "vitest";
import { localWriteKeys } from "../../scripts/start/write-keys.ts";
import { Ingest, type IngestEnv } from "../../src/analytics/ingest/ingest.ts";
import { routeOf } from "../../src/analytics/ingest/routes.ts";
import type { EventBatch } from "../../src/domain/events/columns.ts";
import { rowsOf } from "../../src/domain/events/pack.ts";
import type { QueueMessages } from "../../src/domain/messages.ts";
import { PipelineLink } from "../../src/platform/pipeline-link.ts";
import { memoryCoordinator } from "../support/pipeline.ts";
import { openD1 } from "./payments-d1.ts";

type Message = QueueMessages["events"];

export const view = (n: number) => ({
  type: "track",
  event: "Product Viewed",
  anonymousId: "ada",
  messageId: `m-${n}`,
  properties: { sku: "A" },
});

export function openIngest(send: (call: number) => unknown = () => undefined) {
  const database = openD1();
  database.sqlite.exec(localWriteKeys(1));
  database.sqlite.exec("UPDATE write_keys SET origins = '[\"https://shop.example\"]' WHERE kind = 'public'");
  const sent: Message[] = [];
  const calls: string[] = [];
  const limited: string[] = [];
  const points: unknown[] = [];
  const answer = { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
  const take = async (kind: string, messages: { body: Message; contentType?: string | undefined }[]) => {
    calls.push(`${kind} ${messages.map(({ contentType }) => contentType).join(" ")}`);
    await send(calls.length);
    sent.push(...messages.map(({ body }) => body));
    return answer;
  };
  const lookUps: string[] = [];
  let allowed = Infinity;
  let allowedLookUps = Infinity;
  const limiter = (name: string) => ({
    limit: async ({ key }: { key: string }) => ({
      success: key.startsWith("look-up:")
        ? lookUps.push(key) <= allowedLookUps
        : limited.push(`${name} ${key}`) <= allowed,
    }),
  });
  const { binding, decisions } = memoryCoordinator();
  const env: IngestEnv = {
    PIPELINE_COORDINATOR: binding,
    DB: database.db,
    CLIENT_RATE_LIMIT: "on",
    CURRENCY: "USD",
    TRACKING_CLIENT_LIMIT: limiter("client"),
    TRACKING_KEY_LIMIT: limiter("key"),
    INGEST_POINTS: { writeDataPoint: (point) => void points.push(point) },
    EVENTS_QUEUE: {
      send: async (body, options) => take("send", [{ body, contentType: options?.contentType }]),
      sendBatch: async (messages) => take("sendBatch", Array.from(messages)),
    },
  };
  const link = new PipelineLink("analytics");
  const ingest = new Ingest(link);
  const call = async (path: string, init: RequestInit = {}) => {
    const url = new URL(path, "https://shop.example");
    const route = routeOf(url.pathname);
    if (!route) throw new Error(`no route for ${path}`);
    const ctx = { waitUntil: () => undefined };
    const response = await ingest.fetch(new Request(url, { method: "POST", ...init }), env, ctx, { url, route });
    const text = await response.text();
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    return { status: response.status, body, headers: response.headers };
  };
  const rows = () => sent.filter((one): one is EventBatch => one.type === "events.batch").flatMap(rowsOf);
  return {
    call,
    sent,
    rows,
    calls,
    limited,
    points,
    database,
    env,
    decisions,
    lookUps,
    allow: (units: number) => (allowed = units),
    allowLookUps: (keys: number) => (allowedLookUps = keys),
  };
}

export const basic = (key: string) => ({ authorization: `Basic ${btoa(`${key}:`)}` });
export const server = { headers: { ...basic("wk_sec_local"), "content-type": "application/json" } };
export const batch = (...events: unknown[]) => JSON.stringify({ batch: events, sentAt: new Date().toISOString() });

/** Real time again, and the log lines kept out of the way. */
export function hushed(): void {
  vi.useRealTimers();
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
}
