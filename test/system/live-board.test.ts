import { afterAll, beforeAll, expect, it } from "vitest";
import { type Board, LIVE_CLOSE, LIVE_PROTOCOL } from "../../src/domain/live.ts";
import { expectStatus, until } from "../support/client.ts";
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
  const friend = await LiveClient.open(shop.client.origin, shop.client.adminKey, "https://console.example.com");
  friend.close();
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

it.each([
  ["sort=price", "sort"],
  ["limit=0", "limit"],
  [`q=${"x".repeat(101)}`, "q"],
  ["cursor=nonsense", "cursor"],
])("a list of products refuses %s", async (query, parameter) => {
  const answer = await as<{ errors: { parameter: string }[] }>(shop.client.adminKey, `/analytics/products?${query}`);
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ parameter }] } });
});
