import { afterAll, beforeAll, expect, it } from "vitest";
import type { EventBatch } from "../../src/domain/events/columns.ts";
import {
  type Board,
  type EventLedger,
  LIVE_CLOSE,
  LIVE_PROTOCOL,
  type ProductDetail,
  type ProductRow,
} from "../../src/domain/live.ts";
import { expectStatus, until } from "../support/client.ts";
import { batchOf } from "../support/events.ts";
import { LiveClient } from "../support/live.ts";
import { type Shop, startShop } from "../support/shop.ts";

/**
 * Goal: the board reaches whoever may see it, through all Workers, as a socket and over HTTP, and nobody else. Threat: a socket that a Worker
 * in between drops, a page of another site, a key that goes on watching after it was revoked.
 */
let shop: Shop;
const open: LiveClient[] = [];
beforeAll(async () => {
  shop = await startShop({ vars: { CONSOLE_ORIGINS: "https://console.example.com" } });
});
afterAll(async () => {
  for (const client of open) client.close();
  await shop?.close();
});

const watch = async (key = shop.client.adminKey): Promise<LiveClient> => {
  const client = await LiveClient.open(shop.client.origin, key);
  open.push(client);
  return client;
};
const as = <T>(key: string, path: string, headers: Record<string, string> = {}, method = "GET") =>
  shop.client.send<T>(method, `/admin/v1${path}`, { headers: { authorization: `Bearer ${key}`, ...headers } });
const newKey = async (scopes: readonly string[]) =>
  (
    await expectStatus(
      201,
      shop.client.admin<{ id: string; key: string }>("POST", "/admin/v1/keys", { name: "live", scopes }),
    )
  ).body;

it("a browser's socket gets through with the key as a subprotocol, and shows a snapshot and then changes", async () => {
  const client = await watch();
  expect(client.protocol).toBe(LIVE_PROTOCOL);
  const board = await client.shows(({ shards }) => shards.length === 4);
  expect(board.day.currency).toBe("USD");
  await until(
    () => Promise.resolve(client.frames.length),
    (frames) => frames >= 2,
  );
  expect(client.frames.map(({ type }) => type)).toEqual(["snapshot", ...client.frames.slice(1).map(() => "delta")]);
  expect(client.gap).toBeUndefined();
});

it("nobody watches without a key, with another's scopes, or from a page of another site", async () => {
  await expect(LiveClient.open(shop.client.origin, "wrong")).rejects.toThrow("refused");
  const { key } = await newKey(["orders:read"]);
  await expect(LiveClient.open(shop.client.origin, key)).rejects.toThrow("refused");
  await expect(LiveClient.open(shop.client.origin, shop.client.adminKey, "https://evil.example")).rejects.toThrow(
    "refused",
  );
  for (const origin of [shop.client.origin, "https://console.example.com"]) {
    (await LiveClient.open(shop.client.origin, shop.client.adminKey, origin)).close();
  }
  expect(await as(key, "/live")).toMatchObject({ status: 403, body: { scope: "analytics:read" } });
  expect(await as(shop.client.adminKey, "/live")).toMatchObject({ status: 426, body: { code: "upgrade_required" } });
});

it("revoking a key closes what it watches", async () => {
  const { id, key } = await newKey(["analytics:read"]);
  const client = await watch(key);
  await client.shows(() => true);
  await expectStatus(200, shop.client.admin("POST", `/admin/v1/keys/${id}/revoke`));
  await until(
    () => Promise.resolve(client.closed),
    (code) => code !== undefined,
  );
  expect(client.closed).toBe(LIVE_CLOSE.expired);
});

it("the console is told who it is", async () => {
  const { id, key } = await newKey(["analytics:read"]);
  expect((await as(key, "/session")).body).toEqual({ id, name: "live", via: "key", scopes: ["analytics:read"] });
});

it("the board over HTTP answers 304 to whoever has it already", async () => {
  const first = await expectStatus(200, as<Board>(shop.client.adminKey, "/analytics/funnel"));
  const tag = first.headers.get("etag") ?? "";
  expect(tag).toMatch(/^"[^"]+"$/);
  expect(first.headers.get("cache-control")).toBe("private, no-cache");
  const again = await as(shop.client.adminKey, "/analytics/funnel", { "if-none-match": tag });
  expect([again.status, again.headers.get("etag")]).toEqual([304, tag]);
  expect((await as(shop.client.adminKey, "/analytics/funnel", { "if-none-match": '"other"' })).status).toBe(200);
});

interface EventsQueue {
  send(batch: EventBatch, options: { contentType: "v8" }): Promise<unknown>;
}

it("what shoppers do and buy is on the board within a second or so, once, and in every figure", async () => {
  const { client: api } = shop;
  const sku = await api.stock(100, 2_500);
  const client = await watch();
  const before = await client.shows(({ shards }) => shards.every((row) => !row.stale_since));
  const { EVENTS_QUEUE: queue } = await shop.harness
    .getWorker<{ EVENTS_QUEUE: EventsQueue }>("breakwater-ops")
    .getEnv();
  const visitors = ["ada", "bob", "cy"].map((name) => `${name}-${sku}`);
  const batch = batchOf(visitors.map((visitor) => ({ id: `${visitor}-view`, visitor, kind: "view", label: sku })));
  const sentAt = Date.now();
  // Twice, as a queue may deliver it.
  await Promise.all([queue.send(batch, { contentType: "v8" }), queue.send(batch, { contentType: "v8" })]);
  await client.shows(({ totals }) => totals.views === before.totals.views + 3);
  const shownAfterMs = Date.now() - sentAt;
  expect(shownAfterMs).toBeLessThan(2_800);

  const order = await api.buy({ [sku]: 2 });
  const captured = order.payment.captured.amount;
  const paid = (board: Board): boolean =>
    board.totals.revenue.today.amount === before.totals.revenue.today.amount + captured &&
    board.products.some((row) => row.sku === sku && row.units === 2);
  const board = await client.shows(paid);
  expect(board.totals.orders.today).toBe(before.totals.orders.today + 1);
  const row = board.products.find((product) => product.sku === sku);
  expect(row).toMatchObject({ views: 3, orders: 1, units: 2, trend: { rank: 1 } });
  await client.shows(({ products }) =>
    products.some((product) => product.sku === sku && product.stock?.available === 98),
  );
  expect(client.gap).toBeUndefined();
  expect(client.board?.freshness.event_to_frame_ms?.p50).toBeLessThan(2_800);

  // The same over HTTP.
  const key = api.adminKey;
  const { body: listed } = await as<{ data: ProductRow[]; next_cursor: string }>(key, `/analytics/products?q=${sku}`);
  expect(listed.data.map((product) => [product.sku, product.units])).toEqual([[sku, 2]]);
  const { body: detail } = await as<ProductDetail>(key, `/analytics/products/${sku}`);
  expect(detail.minutes.reduce((sum, minute) => sum + minute.units, 0)).toBe(2);
  expect(await as(key, "/analytics/products/NOBODY-SAW-THIS")).toMatchObject({ status: 404 });
  const { body: ledger } = await as<EventLedger>(key, "/analytics/ledger");
  const { received, applied, duplicate, late, rejected, pending } = ledger;
  expect(received).toBe(applied + duplicate + late + rejected + pending);
  const { body: facts } = await as<{ data: { type: string; count: number }[] }>(key, "/facts");
  expect(facts.data.find(({ type }) => type === "order.paid")?.count).toBe(1);
  const { body: metrics } = await as<{ facts: unknown }>(key, "/metrics");
  expect(metrics.facts).toEqual(facts.data);
});

it("a list of products goes on where its page ended, and ends", async () => {
  const skus = await Promise.all(Array.from({ length: 5 }, () => shop.client.stock(5)));
  // The level of a SKU gets to its slice by the queue.
  await until(
    () => as<{ data: ProductRow[] }>(shop.client.adminKey, "/analytics/products?sort=views&limit=100"),
    ({ body }) => skus.every((sku) => body.data.some((row) => row.sku === sku)),
  );
  const all = new Set<string>();
  for (let cursor = ""; ;) {
    const query = `/analytics/products?sort=views&limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
    const { body } = await as<{ data: ProductRow[]; next_cursor: string | null }>(shop.client.adminKey, query);
    for (const { sku } of body.data) {
      expect(all.has(sku)).toBe(false);
      all.add(sku);
    }
    if (body.next_cursor === null) break;
    cursor = body.next_cursor;
  }
  expect([...all]).toEqual(expect.arrayContaining(skus));
});

it.each([
  ["sort=price", "sort"],
  ["limit=0", "limit"],
  [`q=${"x".repeat(101)}`, "q"],
  ["cursor=nonsense", "cursor"],
])("a list of products refuses %s", async (query, parameter) => {
  const answer = await as<{ errors: { parameter: string }[] }>(shop.client.adminKey, `/analytics/products?${query}`);
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ parameter }] } });
});
