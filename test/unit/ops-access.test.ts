/** Goal: a key does what its scopes say and no more. Threat: a route without a scope, a secret at rest or in a log. */
import { timingSafeEqual } from "node:crypto";
import { describe, expect, test } from "vitest";
import { KEY_LAST_KNOWN_MS, KEY_STALE_MS, KeyCache } from "../../src/ops/access/key-cache.ts";
import { type ApiKey, insertKey, keyStatus, revokeKey } from "../../src/ops/access/keys.ts";
import { AREAS, grants, SCOPES, scopeFor } from "../../src/ops/access/scopes.ts";
import { hashOf, mintToken, tokenId } from "../../src/ops/access/token.ts";
import { app } from "../../src/ops/app.ts";
import { summarize } from "../../src/ops/audit-log/summary.ts";
import { openD1 } from "./payments-d1.ts";

const key = (id: string, change: Partial<ApiKey> = {}): ApiKey => ({
  id,
  hash: "h",
  name: id,
  scopes: ["orders:read"],
  createdBy: "bootstrap",
  createdAt: 1,
  expiresAt: null,
  revokedAt: null,
  revokedBy: null,
  lastUsedAt: null,
  ...change,
});

describe("scopes", () => {
  const routes = app.routes.filter(({ method, path }) => path.startsWith("/admin/v1/") && method !== "ALL");

  test("every route of the admin API has a row in the one table", () => {
    expect(routes.length).toBeGreaterThan(15);
    const areas = new Set(AREAS.map(({ path }) => path));
    expect(routes.map(({ path }) => path.split("/")[3]).filter((area) => !areas.has(area ?? ""))).toEqual([]);
  });

  test("a route that may change something wants another scope than one that only reads", () => {
    const writing = routes.filter(({ method }) => method !== "GET").map(({ method, path }) => scopeFor(method, path));
    expect(writing.filter((scope) => scope.endsWith(":read"))).toEqual([]);
  });

  test.each([
    ["GET", "/admin/v1/orders/ord_1", "orders:read"],
    ["HEAD", "/admin/v1/orders", "orders:read"],
    ["POST", "/admin/v1/orders/ord_1/resend", "orders:write"],
    ["GET", "/admin/v1/audit-log", "audit:read"],
    ["DELETE", "/admin/v1/audit-log", "*"],
    ["GET", "/admin/v1/productsX", "*"],
    ["GET", "/admin/v1/toString", "*"],
    ["PURGE", "/admin/v1/products/A", "catalog:write"],
    ["GET", "//admin/v1/products", "*"],
  ])("%s %s wants %s", (method, path, scope) => expect(scopeFor(method, path)).toBe(scope));

  test("a scope grants itself only, and the star grants all", () => {
    expect(grants(["orders:write"], "orders:read")).toBe(false);
    expect(grants(["orders:read"], "*")).toBe(false);
    expect(SCOPES.filter((scope) => !grants(["*"], scope))).toEqual([]);
  });
});

describe("keys", () => {
  test("a key is an id and 160 random bits, and what is stored is a hash of all of it", async () => {
    const { id, text } = mintToken();
    expect(text).toMatch(/^bw_[0-9a-f]{16}_[0-9a-f]{40}$/);
    expect(tokenId(text)).toBe(id);
    expect(await hashOf(text)).toMatch(/^[0-9a-f]{64}$/);
    expect(await hashOf(text)).not.toBe(await hashOf(mintToken().text));
    for (const other of [`${text}0`, text.slice(1), text.toUpperCase(), "dev-admin-key", ""]) {
      expect(tokenId(other)).toBeUndefined();
    }
  });

  test("revoked wins over expired, and a key ends at the millisecond it says", () => {
    expect(keyStatus(key("a", { expiresAt: 10 }), 9)).toBe("active");
    expect(keyStatus(key("a", { expiresAt: 10 }), 10)).toBe("expired");
    expect(keyStatus(key("a", { expiresAt: 10, revokedAt: 5, revokedBy: "b" }), 20)).toBe("revoked");
  });

  test("a revocation is seen after at most five seconds, counted from before the read", () => {
    expect(KEY_STALE_MS).toBeLessThanOrEqual(5_000);
    const cache = new KeyCache();
    cache.keep(key("a"), 1_000);
    expect(cache.find("a", 1_000 + KEY_STALE_MS - 1)?.id).toBe("a");
    expect(cache.find("a", 1_000 + KEY_STALE_MS)).toBeUndefined();
    cache.keep(key("a"), 1_000);
    cache.forget("a", 1_500);
    // A read that was under way when it was revoked.
    cache.keep(key("a"), 1_200);
    expect(cache.find("a", 1_500)).toBeUndefined();
    expect(cache.lastKnown("a", 1_000)).toBeUndefined();
  });

  test("while D1 is away what was read last is believed for ten minutes, and no longer", () => {
    const cache = new KeyCache();
    cache.keep(key("a"), 1_000);
    expect(cache.find("a", 1_000 + KEY_STALE_MS)).toBeUndefined();
    expect(cache.lastKnown("a", 1_000 + KEY_LAST_KNOWN_MS - 1)?.id).toBe("a");
    expect(cache.lastKnown("a", 1_000 + KEY_LAST_KNOWN_MS)).toBeUndefined();
  });

  test("a clock that is put back by an hour does not let a revoked key in for an hour", () => {
    const cache = new KeyCache();
    cache.keep(key("a"), 3_600_000);
    expect(cache.find("a", 0)).toBeUndefined();
  });

  test("the cache is bounded: the oldest goes", () => {
    const cache = new KeyCache();
    for (let i = 0; i <= 1_000; i++) cache.keep(key(`k${i}`), 0);
    expect([cache.find("k0", 1)?.id, cache.find("k1", 1)?.id, cache.find("k1000", 1)?.id]).toEqual([
      undefined,
      "k1",
      "k1000",
    ]);
  });
});

test("a key that was revoked through another isolate opens no socket, which would outlast what this one remembers of it", async () => {
  // Workers have it there, Node has it elsewhere.
  Object.assign(crypto.subtle, { timingSafeEqual });
  const { db } = openD1();
  const { id, text } = mintToken();
  const row = { id, hash: await hashOf(text), name: "watcher", scopes: ["analytics:read"], createdBy: "bootstrap" };
  await insertKey(db, { ...row, createdAt: Date.now(), expiresAt: null });
  const board = { fetch: async () => new Response(null, { status: 200 }) };
  const env = { DB: db, ADMIN_KEY: "", CONSOLE_ORIGINS: "", LIVE_BOARD: { getByName: () => board } };
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  const ask = async (path: string, bindings: object = env): Promise<number> => {
    const headers = { authorization: `Bearer ${text}`, upgrade: "websocket" };
    return (await app.request(`/admin/v1/${path}`, { headers }, bindings, context)).status;
  };
  expect([await ask("live"), await ask("session")]).toEqual([200, 200]);
  // While D1 is away what is remembered lets requests in, and the console polls.
  const prepare = (): never => {
    throw new Error("D1_ERROR: overloaded");
  };
  const away = { ...env, DB: { prepare } };
  expect([await ask("live", away), await ask("session", away)]).toEqual([503, 200]);
  await revokeKey(db, id, "bootstrap", Date.now());
  expect(await ask("live")).toBe(401);
});

describe("what the audit log keeps of a body", () => {
  test("fields as they are, without secrets at any depth, and of foreign addresses only the host", () => {
    const body = {
      delta: 5,
      inner: { client_secret: "s", list: [{ apiKey: "k" }] },
      url: "https://u:p@h.example/T/secret",
    };
    expect(JSON.parse(summarize(JSON.stringify(body)))).toEqual({
      delta: 5,
      inner: { client_secret: "[secret]", list: [{ apiKey: "[secret]" }] },
      url: "https://h.example/...",
    });
  });

  test("is bounded whatever is sent, and is always JSON", () => {
    const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });
    const bodies = [
      undefined,
      "",
      "not json",
      JSON.stringify("x".repeat(60_000)),
      JSON.stringify(Array.from({ length: 5_000 }, () => "y".repeat(300))),
      JSON.stringify(Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`k${i}`.repeat(50), i]))),
      JSON.stringify(deep(200)),
      '"\\ud800"',
    ];
    for (const body of bodies) {
      const text = summarize(body);
      expect(text.length).toBeLessThanOrEqual(2_100);
      expect(() => JSON.parse(text)).not.toThrow();
    }
    expect(summarize("password=hunter2")).not.toContain("hunter2");
  });
});
