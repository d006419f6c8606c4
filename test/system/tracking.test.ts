/**
 * Goal: a shop that sends its events to Segment changes the host and nothing else. Threat: what a real SDK, or a browser, does on the way (its
 * headers, its preflight, its retries) meets the storefront's rules for carts instead of the tracking API's.
 */
import { Analytics } from "@segment/analytics-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProblemBody } from "../support/client.ts";
import { type Shop, startShop } from "../support/shop.ts";

let shop: Shop;
let publicKey: string;
let secretKey: string;
beforeAll(async () => {
  shop = await startShop({ vars: { CLIENT_RATE_LIMIT: "on", CORS_ORIGINS: "https://other.example" } });
  publicKey = await shop.client.writeKey("public", { origins: ["https://shop.example"] });
  secretKey = await shop.client.writeKey("secret", { source: "erp", limited: false });
});
afterAll(() => shop?.close());

const basic = (key: string) => ({ authorization: `Basic ${btoa(`${key}:`)}` });
const view = { type: "track", event: "Product Viewed", anonymousId: "ada", properties: { sku: "A" } };

/** Sends with the real library until it says that it is done, and returns what it was answered and what it failed to deliver. */
async function track(writeKey: string, use: (analytics: Analytics) => void) {
  const analytics = new Analytics({ writeKey, host: shop.client.origin, flushAt: 10, maxRetries: 0 });
  const statuses: number[] = [];
  const errors: unknown[] = [];
  analytics.on("http_response", ({ status }) => void statuses.push(status));
  analytics.on("error", (error) => void errors.push(error));
  use(analytics);
  await analytics.closeAndFlush({ timeout: 20_000 });
  return { statuses, errors };
}

describe("@segment/analytics-node", () => {
  it("delivers every kind of call through the storefront", async () => {
    const outcome = await track(secretKey, (analytics) => {
      analytics.identify({ userId: "ada", traits: { plan: "a" } });
      analytics.page({ userId: "ada", name: "Home" });
      analytics.screen({ anonymousId: "a", name: "Home" });
      analytics.group({ userId: "ada", groupId: "g" });
      analytics.alias({ userId: "ada", previousId: "a" });
      const products = [{ sku: "A", price: 19.99, quantity: 1 }];
      const properties = { order_id: "50314", total: 19.99, currency: "USD", products };
      analytics.track({ userId: "ada", event: "Order Completed", properties });
      for (let n = 0; n < 25; n++) {
        analytics.track({ anonymousId: `v-${n}`, event: "Product Viewed", properties: { sku: "A" } });
      }
    });
    expect(outcome).toEqual({ statuses: [200, 200, 200, 200], errors: [] });
  });

  it("is told that its key is unknown, which no retry would change", async () => {
    const { statuses, errors } = await track("wk_sec_nobody", (analytics) =>
      analytics.track({ anonymousId: "a", event: "x" }),
    );
    expect(statuses).toEqual([401]);
    expect(errors).toHaveLength(1);
  });
});

describe("a browser", () => {
  const origin = { origin: "https://shop.example" };

  it("asks first, once a day, whatever origins the carts allow", async () => {
    const preflight = await shop.client.send("OPTIONS", "/v1/t", {
      headers: {
        ...origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    expect(preflight.headers.get("access-control-allow-headers")?.toLowerCase()).toContain("authorization");
    expect(preflight.headers.get("access-control-max-age")).toBe("86400");
  });

  it("sends JSON as text/plain to one-letter paths, and reads the answer", async () => {
    const headers = { ...origin, ...basic(publicKey), "content-type": "text/plain", "x-request-id": "trace-7" };
    const { type: _, ...event } = view;
    const sent = { ...event, messageId: "ajs-next-1", writeKey: publicKey, sentAt: new Date().toISOString() };
    const answer = await shop.client.send("POST", "/v1/t", { raw: JSON.stringify(sent), headers });
    expect(answer).toMatchObject({ status: 200, body: { success: true } });
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("x-request-id")).toBe("trace-7");
    const raw = JSON.stringify({ batch: [view, null], writeKey: publicKey, sentAt: new Date().toISOString() });
    const beacon = { ...origin, "content-type": "text/plain" };
    expect(await shop.client.send("POST", "/v1/b", { raw, headers: beacon })).toMatchObject({
      status: 200,
      body: { success: true, rejected: { not_an_object: 1 } },
    });
  });

  it("of another site is told that its events do not count", async () => {
    const headers = { origin: "https://elsewhere.example", ...basic(publicKey) };
    expect(await shop.client.send("POST", "/v1/b", { body: { batch: [view] }, headers })).toMatchObject({
      status: 200,
      body: { rejected: { origin_not_allowed: 1 } },
    });
  });

  it("fetches the settings of analytics.js, which lead back here", async () => {
    const { body } = await shop.client.send("GET", `/v1/projects/${publicKey}/settings`, { headers: origin });
    const host = new URL(shop.client.origin).host;
    expect(body).toMatchObject({
      integrations: { "Segment.io": { apiKey: publicKey, apiHost: `${host}/v1`, protocol: "http" } },
    });
  });
});

describe("limits and refusals reach the client as they are", () => {
  it("a batch larger than any other body is taken, one beyond 500 KB is refused with the limit", async () => {
    const padded = (bytes: number) => ({
      batch: Array.from({ length: 20 }, () => ({ ...view, pad: "x".repeat(bytes) })),
    });
    const headers = basic(secretKey);
    expect(await shop.client.send("POST", "/v1/batch", { body: padded(20_000), headers })).toMatchObject({
      status: 200,
    });
    expect(await shop.client.send("POST", "/v1/batch", { body: padded(26_000), headers })).toMatchObject({
      status: 413,
      body: { code: "body_too_large", limit: 512_000, type: "/problems/body_too_large" },
    });
  });

  it("malformed JSON", async () => {
    expect(await shop.client.send("POST", "/v1/batch", { raw: "{", headers: basic(secretKey) })).toMatchObject({
      status: 400,
      body: { code: "malformed_json", request_id: expect.any(String) },
    });
  });

  it("pitfall 19: a client that sends too much is limited alone, and its events use up no limit for carts", async () => {
    const post = (client: string) =>
      shop.client.send<ProblemBody>("POST", "/v1/t", {
        body: { ...view, writeKey: publicKey },
        headers: { "cf-connecting-ip": client },
      });
    const batch = { batch: Array.from({ length: 2_500 }, () => 1), writeKey: publicKey };
    const greedy = "203.0.113.7";
    const headers = { "cf-connecting-ip": greedy };
    const refused = async () => {
      // Each costs 26 of the 3,000 that a client has in a minute.
      const sent = Array.from({ length: 120 }, () => shop.client.send("POST", "/v1/b", { body: batch, headers }));
      return (await Promise.all(sent)).filter(({ status }) => status === 429);
    };
    let limited = await refused();
    // A minute may have ended in the middle of this.
    if (limited.length === 0) limited = await refused();
    expect(limited.length).toBeGreaterThan(0);
    expect(limited[0]?.headers.get("retry-after")).toBe("30");
    expect((await post("203.0.113.8")).status).toBe(200);
    expect((await shop.client.send("GET", "/v1/products", { headers })).status).toBe(200);
  });
});

it("pitfall 20: requests that share calls to the queue are all answered, though clients hang up in the middle", async () => {
  const post = async (n: number): Promise<string> => {
    const hangsUp = n % 5 === 0;
    const body = JSON.stringify({ ...view, messageId: `joined-${n}` });
    const signal = hangsUp ? AbortSignal.timeout(1 + (n % 4)) : AbortSignal.timeout(20_000);
    try {
      const url = `${shop.client.origin}/v1/track`;
      const response = await fetch(url, { method: "POST", body, headers: basic(secretKey), signal });
      await response.text();
      return String(response.status);
    } catch {
      return hangsUp ? "hung up" : "lost";
    }
  };
  const outcomes = await Promise.all(Array.from({ length: 500 }, (_, n) => post(n)));
  expect(outcomes.filter((outcome) => outcome === "200").length).toBeGreaterThanOrEqual(400);
  expect(outcomes.filter((outcome) => outcome !== "200" && outcome !== "hung up")).toEqual([]);
});

describe("write keys", () => {
  it("are made, listed without their secret, and deleted; a public one stays readable", async () => {
    const made = await shop.client.admin<{ id: string; key: string; source: string }>("POST", "/admin/v1/write-keys", {
      name: "app",
      kind: "secret",
    });
    expect(made).toMatchObject({
      status: 201,
      body: { kind: "secret", status: "active", origins: ["*"], limited: true },
    });
    expect(made.body.key).toMatch(/^wk_sec_[0-9a-f]{40}$/);
    expect(made.body.source).toBe(made.body.id);
    const list = async () => {
      const { body } = await shop.client.admin<{ data: { id: string; key?: string; status: string }[] }>(
        "GET",
        "/admin/v1/write-keys?limit=100",
      );
      return new Map(body.data.map((key) => [key.id, key]));
    };
    expect((await list()).get(made.body.id)).not.toHaveProperty("key");
    expect([...(await list()).values()].map(({ key }) => key)).toContain(publicKey);
    const remove = () => shop.client.admin("DELETE", `/admin/v1/write-keys/${made.body.id}`);
    expect([(await remove()).status, (await remove()).status]).toEqual([204, 204]);
    expect((await list()).get(made.body.id)).toMatchObject({ status: "deleted" });
    expect(await shop.client.send("POST", "/v1/track", { body: view, headers: basic(made.body.key) })).toMatchObject({
      status: 401,
    });
    expect(await shop.client.admin("DELETE", "/admin/v1/write-keys/wk_nobody")).toMatchObject({ status: 404 });
  });

  it.each([
    [{ kind: "public", origins: ["shop.example"] }, "/origins/0"],
    [{ kind: "public", origins: ["https://shop.example/"] }, "/origins/0"],
    [{ kind: "admin" }, "/kind"],
    [{ kind: "secret", source: "Has Spaces" }, "/source"],
  ])("with %j are refused with the field", async (body, pointer) => {
    const answer = await shop.client.admin("POST", "/admin/v1/write-keys", { name: "bad", ...body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
  });
});

it("the reference documents the tracking API", async () => {
  const { body } = await shop.client.send<{ paths: Record<string, { post?: { requestBody?: unknown } }> }>(
    "GET",
    "/openapi.json",
  );
  expect(body.paths["/v1/batch"]?.post?.requestBody).toBeDefined();
  expect(Object.keys(body.paths)).toEqual(expect.arrayContaining(["/v1/track", "/v1/alias"]));
});
