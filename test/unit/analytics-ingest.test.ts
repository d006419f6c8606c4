/**
 * Goal: an answer of the tracking API leads a client to the right thing. Threat: an event that is answered 200 and was in no queue, and a 4xx
 * where sending again would have helped: an SDK then drops the events for ever.
 */
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { localWriteKeys } from "../../scripts/start/write-keys.ts";
import { Ingest, type IngestEnv } from "../../src/analytics/ingest/ingest.ts";
import { routeOf } from "../../src/analytics/ingest/routes.ts";
import { KEY_KEPT_MS, KEY_STALE_MS } from "../../src/analytics/ingest/write-keys.ts";
import type { EventBatch } from "../../src/domain/events/columns.ts";
import { rowsOf } from "../../src/domain/events/pack.ts";
import { DURATION_MS } from "../../src/domain/limits.ts";
import type { QueueMessages } from "../../src/domain/messages.ts";
import { openD1 } from "./payments-d1.ts";

type Message = QueueMessages["events"];

const view = (n: number) => ({
  type: "track",
  event: "Product Viewed",
  anonymousId: "ada",
  messageId: `m-${n}`,
  properties: { sku: "A" },
});

/** Ingest over real SQL, with a queue that does what a script says. */
function world(send: (call: number) => unknown = () => undefined) {
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
  let allowed = Infinity;
  const limiter = (name: string) => ({
    limit: async ({ key }: { key: string }) => ({ success: limited.push(`${name} ${key}`) <= allowed }),
  });
  const env: IngestEnv = {
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
  const ingest = new Ingest();
  const call = async (path: string, init: RequestInit = {}) => {
    const url = new URL(path, "https://shop.example");
    const route = routeOf(url.pathname);
    if (!route) throw new Error(`no route for ${path}`);
    const response = await ingest.fetch(new Request(url, { method: "POST", ...init }), env, url, route);
    const text = await response.text();
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    return { status: response.status, body, headers: response.headers };
  };
  const rows = () => sent.filter((one): one is EventBatch => one.type === "events.batch").flatMap(rowsOf);
  return { call, sent, rows, calls, limited, points, database, env, allow: (units: number) => (allowed = units) };
}

const basic = (key: string) => ({ authorization: `Basic ${btoa(`${key}:`)}` });
const server = { headers: { ...basic("wk_sec_local"), "content-type": "application/json" } };
const batch = (...events: unknown[]) => JSON.stringify({ batch: events, sentAt: new Date().toISOString() });

beforeEach(() => {
  vi.useRealTimers();
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

describe("what libraries send is taken", () => {
  test("a server's batch, as one packed message", async () => {
    const { call, sent, rows, calls } = world();
    expect(await call("/v1/batch", { ...server, body: batch(view(1), view(2)) })).toMatchObject({
      status: 200,
      body: { success: true },
    });
    expect(calls).toEqual(["send v8"]);
    expect(sent).toMatchObject([{ type: "events.batch", source: "wk_local_secret", labels: ["A"] }]);
    expect(rows().map(({ kind }) => kind)).toEqual(["view", "view"]);
  });

  test.each([
    ["Basic with the key as user", basic("wk_pub_local"), {}],
    ["Basic without the colon", { authorization: `basic ${btoa("wk_pub_local")}` }, {}],
    ["Bearer", { authorization: "Bearer wk_pub_local" }, {}],
    ["writeKey in the body", {}, { writeKey: "wk_pub_local" }],
  ])("with its key as %s", async (_, headers, more) => {
    const { call, rows } = world();
    const body = JSON.stringify({ ...view(1), ...more });
    expect((await call("/v1/track", { headers, body })).status).toBe(200);
    expect(rows()).toHaveLength(1);
  });

  test.each(["/v1/t", "/v1/p", "/v1/i", "/v1/s", "/v1/g", "/v1/a", "/v1/page", "/v1/identify", "/v1/alias"])(
    "the browser's text/plain at %s, with an origin",
    async (path) => {
      const { call, rows } = world();
      const headers = { ...basic("wk_pub_local"), "content-type": "text/plain", origin: "https://shop.example" };
      const { type: _, ...event } = view(1);
      const answer = await call(path, { headers, body: JSON.stringify(event) });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("access-control-allow-origin")).toBe("*");
      expect(rows().map(({ kind }) => kind)).toEqual([path === "/v1/t" ? "view" : "other"]);
    },
  );

  test("a compressed body", async () => {
    const { call, rows } = world();
    const headers = { ...server.headers, "content-encoding": "gzip" };
    expect((await call("/v1/import", { headers, body: gzipSync(batch(view(1))) })).status).toBe(200);
    expect(rows()).toHaveLength(1);
    expect(await call("/v1/import", { headers, body: "no gzip" })).toMatchObject({ status: 400 });
    const bomb = gzipSync(batch({ ...view(1), pad: " ".repeat(600_000) }));
    expect(await call("/v1/import", { headers, body: bomb })).toMatchObject({ status: 413 });
  });

  test("GA4's Measurement Protocol, with the key as its api_secret", async () => {
    const { call, rows } = world();
    const body = JSON.stringify({
      client_id: "1.2",
      events: [{ name: "view_item", params: { items: [{ item_id: "A" }] } }],
    });
    expect((await call("/mp/collect?measurement_id=G-1&api_secret=wk_sec_local", { body })).status).toBe(200);
    expect(rows()).toMatchObject([{ kind: "view", label: "A" }]);
    expect((await call("/mp/collect?api_secret=nobody", { body })).status).toBe(401);
  });

  test("what analytics.js wants beside its events: preflights that last, its settings, its own metrics", async () => {
    const { call } = world();
    const preflight = await call("/v1/t", { method: "OPTIONS", headers: { origin: "https://shop.example" } });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toMatch(/Authorization.*Content-Type.*X-Retry-Count/);
    expect(Number(preflight.headers.get("access-control-max-age"))).toBe(86_400);
    expect(await call("/v1/projects/wk_pub_local/settings", { method: "GET" })).toMatchObject({
      status: 200,
      body: {
        integrations: { "Segment.io": { apiKey: "wk_pub_local", apiHost: "shop.example/v1", protocol: "https" } },
      },
    });
    expect((await call("/v1/projects/nobody/settings", { method: "GET" })).status).toBe(401);
    expect(await call("/v1/m", { body: '{"series":[]}' })).toMatchObject({ status: 200, body: { success: true } });
  });
});

describe("a bad event", () => {
  test("pitfall 17: never fails its batch: 200, its neighbours are taken, the answer counts it", async () => {
    const { call, rows } = world();
    const answer = await call("/v1/batch", {
      ...server,
      body: batch(view(1), null, { ...view(2), anonymousId: null }),
    });
    expect(answer).toMatchObject({ status: 200, body: { rejected: { not_an_object: 1, missing_user: 1 } } });
    expect(rows().map(({ kind, label }) => [kind, label])).toEqual([
      ["view", "A"],
      ["rejected", "not_an_object"],
      ["rejected", "missing_user"],
    ]);
  });

  test("is shown to the operator: one line per reason and while, without anybody's data, and summed up in points", async () => {
    const { call, points } = world();
    const lines = vi.mocked(console.log);
    for (let i = 0; i < 3; i++) {
      const bad = { ...view(i), type: "purchase", userId: "ada@example.com", anonymousId: undefined };
      await call("/v1/batch", { ...server, body: batch(bad, bad, view(1)) });
    }
    const said = lines.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
    expect(said).toMatchObject([
      { event: "events_rejected", reason: "unknown_type", count: 2, source: "wk_local_secret" },
    ]);
    expect(said[0]?.["excerpt"]).toContain('"type":"purchase"');
    expect(JSON.stringify(said)).not.toContain("example.com");
    expect(points).toEqual([
      { indexes: ["wk_local_secret"], blobs: ["wk_local_secret", "unknown_type"], doubles: [0, 2] },
      { indexes: ["wk_local_secret"], blobs: ["wk_local_secret", "accepted"], doubles: [1, 1] },
    ]);
  });

  test("from a page that the key does not list is rejected, and the page may read that, or its SDK would try ten times", async () => {
    const { call, rows } = world();
    const headers = { ...basic("wk_pub_local"), origin: "https://elsewhere.example" };
    const answer = await call("/v1/b", { headers, body: batch(view(1)) });
    expect(answer).toMatchObject({ status: 200, body: { rejected: { origin_not_allowed: 1 } } });
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(rows()).toMatchObject([{ kind: "rejected", label: "origin_not_allowed" }]);
  });
});

describe("orders of another system", () => {
  const order = {
    type: "track",
    event: "Order Completed",
    userId: "ada",
    messageId: "o-1",
    properties: { order_id: "50314", total: 30.01, currency: "USD", products: [{ sku: "A", price: 30.01 }] },
  };

  test("count under a secret key, as a fact that is sent with its row in one call", async () => {
    const { call, sent, calls } = world();
    expect((await call("/v1/batch", { ...server, body: batch(order) })).status).toBe(200);
    expect(calls).toEqual(["sendBatch v8 json"]);
    expect(sent).toMatchObject([
      { type: "events.batch" },
      {
        type: "order.reported",
        key: "local:50314",
        amount: 3_001,
        lines: [{ sku: "A", quantity: 1, unitPrice: 3_001 }],
      },
    ]);
  });

  test("pitfall 9: are no money under a public key", async () => {
    const { call, sent, rows } = world();
    await call("/v1/batch", { headers: basic("wk_pub_local"), body: batch(order) });
    expect(sent.map(({ type }) => type)).toEqual(["events.batch"]);
    expect(rows()).toMatchObject([{ kind: "purchase", label: "A" }]);
  });
});

describe("a request that is refused for ever", () => {
  test.each([
    ["that is no JSON", "{", 400, { code: "malformed_json" }],
    ["whose batch is no list", '{"batch":{}}', 400, { code: "malformed_batch" }],
    ["without a batch", "{}", 400, { code: "malformed_batch" }],
    ["that is a list", "[]", 400, { code: "malformed_batch" }],
    ["of more than 500 KB", batch({ pad: "x".repeat(512_000) }), 413, { code: "body_too_large", limit: 512_000 }],
    ["of more than 2,500 events", batch(...Array.from({ length: 2_501 }, () => 1)), 413, { limit: 2_500 }],
  ])("is one %s, and the problem names it", async (_, body, status, problem) => {
    const { call, sent } = world();
    const answer = await call("/v1/batch", { ...server, body });
    expect(answer).toMatchObject({ status, body: { ...problem, instance: "/v1/batch" } });
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(sent).toEqual([]);
  });

  test.each([["nobody"], [""], ["wk_sec_local\u00e9"], ["x".repeat(300)]])(
    "is one under the key %j",
    async (writeKey) => {
      const { call, sent } = world();
      expect(await call("/v1/batch", { body: JSON.stringify({ batch: [view(1)], writeKey }) })).toMatchObject({
        status: 401,
        body: { code: "unknown_write_key" },
      });
      expect(sent).toEqual([]);
    },
  );

  test("is one by another method; an empty batch is none", async () => {
    const { call, sent, calls } = world();
    expect((await call("/v1/batch", { method: "GET" })).status).toBe(405);
    expect(await call("/v1/batch", { ...server, body: batch() })).toMatchObject({ status: 200 });
    expect([sent, calls]).toEqual([[], []]);
  });

  test("of the largest that are taken there is one message per 64 KB", async () => {
    const { call, rows, calls } = world();
    const events = Array.from({ length: 2_500 }, (_, n) => ({ type: "page", anonymousId: "a", messageId: `${n}` }));
    expect((await call("/v1/batch", { ...server, body: batch(...events) })).status).toBe(200);
    expect(calls).toEqual(["sendBatch v8 v8"]);
    expect(rows()).toHaveLength(2_500);
  });
});

describe("overload is never a 4xx that drops events (pitfalls 20, 22)", () => {
  test("a queue that is overloaded: 429 with Retry-After, and the same events are taken when they come again", async () => {
    const { call, rows } = world((attempt) => {
      if (attempt === 1) throw new Error("Queue is overloaded. Please back off.");
    });
    const body = batch(view(1));
    const refused = await call("/v1/batch", { ...server, body });
    expect(refused).toMatchObject({ status: 429, body: { code: "overloaded" } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(5);
    expect((await call("/v1/batch", { ...server, body })).status).toBe(200);
    expect(rows()).toHaveLength(1);
  });

  test("a queue that fails: 503 with Retry-After", async () => {
    const { call } = world(() => {
      throw new Error("internal error");
    });
    const refused = await call("/v1/batch", { ...server, body: batch(view(1)) });
    expect(refused).toMatchObject({ status: 503, body: { code: "dependency_unavailable" } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(5);
  });

  test("a send that hangs is not waited for, and not answered 200", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { call } = world(() => new Promise(() => undefined));
    const answer = call("/v1/batch", { ...server, body: batch(view(1)) });
    while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(DURATION_MS.queueSend);
    expect((await answer).status).toBe(503);
  });

  test("the answer comes after the queue has taken the events, not before", async () => {
    let take: (value?: unknown) => void = () => undefined;
    const { call } = world(() => new Promise((resolve) => (take = resolve)));
    let answered = false;
    const answer = call("/v1/batch", { ...server, body: batch(view(1)) }).then((value) => {
      answered = true;
      return value;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answered).toBe(false);
    take();
    expect((await answer).status).toBe(200);
  });

  test("write keys that cannot be read: 503, never 401; a key that was read before goes on for a while", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 });
    const { call, env } = world();
    const known = { ...server, body: batch(view(1)) };
    expect((await call("/v1/batch", known)).status).toBe(200);
    Object.assign(env, {
      DB: {
        prepare: () => {
          throw new Error("D1_ERROR");
        },
      },
    });
    vi.setSystemTime(1_800_000_000_000 + KEY_STALE_MS);
    expect((await call("/v1/batch", known)).status).toBe(200);
    expect((await call("/v1/batch", { headers: basic("wk_pub_local"), body: batch(view(1)) })).status).toBe(503);
    vi.setSystemTime(1_800_000_000_000 + KEY_KEPT_MS + 1);
    expect((await call("/v1/batch", known)).status).toBe(503);
  });

  test("a key that was deleted is refused after at most fifteen seconds", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 });
    expect(KEY_STALE_MS).toBeLessThanOrEqual(15_000);
    const { call, database } = world();
    const known = { ...server, body: batch(view(1)) };
    expect((await call("/v1/batch", known)).status).toBe(200);
    database.sqlite.exec("UPDATE write_keys SET deleted_at = 1, deleted_by = 'x'");
    vi.setSystemTime(1_800_000_000_000 + KEY_STALE_MS);
    expect((await call("/v1/batch", known)).status).toBe(401);
  });
});

describe("limits", () => {
  test("pitfall 7: each client of a public key has its own, a secret key one for itself", async () => {
    const { call, limited } = world();
    const from = (address: string) => ({
      headers: { ...basic("wk_pub_local"), "cf-connecting-ip": address },
      body: batch(view(1)),
    });
    await call("/v1/b", from("203.0.113.7"));
    await call("/v1/b", from("2001:db8:1:2:3:4:5:6"));
    await call("/v1/batch", { ...server, body: batch(view(1)) });
    expect(limited).toEqual([
      "client wk_local_public:203.0.113.7",
      "client wk_local_public:2001:db8:1:2",
      "key wk_local_secret",
    ]);
  });

  test("pitfall 19: a request costs one, and one more for every hundred events in it", async () => {
    const { call, limited } = world();
    const events = Array.from({ length: 250 }, (_, n) => view(n));
    await call("/v1/batch", { ...server, body: batch(...events) });
    expect(limited).toHaveLength(3);
  });

  test("beyond it: 429 with Retry-After, before the body is read; a key without limits is never asked about", async () => {
    const { call, allow, sent, limited, database } = world();
    allow(0);
    const refused = await call("/v1/batch", { ...server, body: "{" });
    expect(refused).toMatchObject({ status: 429, body: { code: "rate_limited" } });
    expect(refused.headers.get("retry-after")).toBe("30");
    expect(sent).toEqual([]);
    database.sqlite.exec("UPDATE write_keys SET limited = 0 WHERE kind = 'public'");
    expect((await call("/v1/batch", { headers: basic("wk_pub_local"), body: batch(view(1)) })).status).toBe(200);
    expect(limited).toHaveLength(1);
  });
});
