/**
 * Goal: whatever an SDK or a browser sends is taken, and one bad event never costs its neighbours. Threat: a path, a header or a body that a
 * library really uses and that is refused here; its events are then lost for ever.
 */
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { basic, batch, hushed, openIngest, server, view } from "./analytics-world.ts";

beforeEach(hushed);

describe("what libraries send is taken", () => {
  test("a server's batch, as one packed message", async () => {
    const { call, sent, rows, calls } = openIngest();
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
    const { call, rows } = openIngest();
    const body = JSON.stringify({ ...view(1), ...more });
    expect((await call("/v1/track", { headers, body })).status).toBe(200);
    expect(rows()).toHaveLength(1);
  });

  test.each(["/v1/t", "/v1/p", "/v1/i", "/v1/s", "/v1/g", "/v1/a", "/v1/page", "/v1/identify", "/v1/alias"])(
    "the browser's text/plain at %s, with an origin",
    async (path) => {
      const { call, rows } = openIngest();
      const headers = { ...basic("wk_pub_local"), "content-type": "text/plain", origin: "https://shop.example" };
      const { type: _, ...event } = view(1);
      const answer = await call(path, { headers, body: JSON.stringify(event) });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("access-control-allow-origin")).toBe("*");
      expect(rows().map(({ kind }) => kind)).toEqual([path === "/v1/t" ? "view" : "other"]);
    },
  );

  test("a compressed body", async () => {
    const { call, rows } = openIngest();
    const headers = { ...server.headers, "content-encoding": "gzip" };
    expect((await call("/v1/import", { headers, body: gzipSync(batch(view(1))) })).status).toBe(200);
    const shouting = { ...server.headers, "content-encoding": "GZIP" };
    expect((await call("/v1/import", { headers: shouting, body: gzipSync(batch(view(2))) })).status).toBe(200);
    expect(rows()).toHaveLength(2);
    expect(await call("/v1/import", { headers, body: "no gzip" })).toMatchObject({ status: 400 });
    const bomb = gzipSync(batch({ ...view(1), pad: " ".repeat(600_000) }));
    expect(await call("/v1/import", { headers, body: bomb })).toMatchObject({ status: 413 });
  });

  test("GA4's Measurement Protocol, with the key as its api_secret", async () => {
    const { call, rows } = openIngest();
    const body = JSON.stringify({
      client_id: "1.2",
      events: [{ name: "view_item", params: { items: [{ item_id: "A" }] } }],
    });
    expect((await call("/mp/collect?measurement_id=G-1&api_secret=wk_sec_local", { body })).status).toBe(200);
    expect(rows()).toMatchObject([{ kind: "view", label: "A" }]);
    expect((await call("/mp/collect?api_secret=nobody", { body })).status).toBe(401);
  });

  test("what analytics.js wants beside its events: preflights that last, its settings, its own metrics", async () => {
    const { call } = openIngest();
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
    const { call, rows } = openIngest();
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
    const { call, points } = openIngest();
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
    const { call, rows } = openIngest();
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
    const { call, sent, calls } = openIngest();
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
    const { call, sent, rows } = openIngest();
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
    const { call, sent } = openIngest();
    const answer = await call("/v1/batch", { ...server, body });
    expect(answer).toMatchObject({ status, body: { ...problem, instance: "/v1/batch" } });
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(sent).toEqual([]);
  });

  test.each([["nobody"], [""], ["wk_sec_local\u00e9"], ["x".repeat(300)]])(
    "is one under the key %j",
    async (writeKey) => {
      const { call, sent } = openIngest();
      expect(await call("/v1/batch", { body: JSON.stringify({ batch: [view(1)], writeKey }) })).toMatchObject({
        status: 401,
        body: { code: "unknown_write_key" },
      });
      expect(sent).toEqual([]);
    },
  );

  test("is one by another method; an empty batch is none", async () => {
    const { call, sent, calls } = openIngest();
    expect((await call("/v1/batch", { method: "GET" })).status).toBe(405);
    expect(await call("/v1/batch", { ...server, body: batch() })).toMatchObject({ status: 200 });
    expect([sent, calls]).toEqual([[], []]);
  });

  test("of the largest that are taken there is one message per 64 KB", async () => {
    const { call, rows, calls } = openIngest();
    const events = Array.from({ length: 2_500 }, (_, n) => ({ type: "page", anonymousId: "a", messageId: `${n}` }));
    expect((await call("/v1/batch", { ...server, body: batch(...events) })).status).toBe(200);
    expect(calls).toEqual(["sendBatch v8 v8"]);
    expect(rows()).toHaveLength(2_500);
  });
});
