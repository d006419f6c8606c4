import { afterAll, beforeAll, expect, it } from "vitest";
import { expectStatus, type ProblemBody, until } from "../support/client.ts";
import { type Shop, startShop } from "../support/shop.ts";

/** Goal: who may do what in the admin API, and a log of it that nobody can change. Threat: a key that outlives its revocation. */
const FLAG = "results.ranking";
let shop: Shop;
beforeAll(async () => {
  shop = await startShop({ vars: { FEATURE_FLAGS: JSON.stringify([{ key: FLAG, fresh: "new", safe: "old" }]) } });
});
afterAll(() => shop?.close());

interface KeyBody {
  readonly id: string;
  readonly key: string;
  readonly status: string;
  readonly scopes: readonly string[];
  readonly last_used_at?: string;
}
interface EntryBody {
  readonly id: string;
  readonly actor: { readonly id: string; readonly name: string };
  readonly request_id: string;
  readonly method: string;
  readonly subject: string;
  readonly request: Record<string, unknown>;
  readonly outcome: { readonly status: number; readonly code?: string } | null;
}
interface TestDatabase {
  prepare(statement: string): { run(): Promise<unknown>; all(): Promise<{ results: Record<string, unknown>[] }> };
}

const as = <T = ProblemBody>(key: string, method: string, path: string, body?: unknown) =>
  shop.client.send<T>(method, path, { body, headers: { authorization: `Bearer ${key}` } });

async function newKey(scopes: readonly string[], rest: Record<string, unknown> = {}, by = shop.client.adminKey) {
  return (await expectStatus(201, as<KeyBody>(by, "POST", "/admin/v1/keys", { name: "test", scopes, ...rest }))).body;
}

const database = async () => (await shop.harness.getWorker<{ DB: TestDatabase }>("breakwater-ops").getEnv()).DB;
const entries = async (query: string) =>
  (
    await expectStatus(
      200,
      shop.client.admin<{ data: EntryBody[]; next_cursor: string | null }>("GET", `/admin/v1/audit-log?${query}`),
    )
  ).body;

it("a key opens what its scopes say, and a refusal names the scope", async () => {
  const { key } = await newKey(["catalog:read"]);
  expect(await as(key, "GET", "/admin/v1/products")).toMatchObject({ status: 200 });
  const refused = await as(key, "PUT", "/admin/v1/products/A", { name: "A" });
  expect(refused).toMatchObject({ status: 403, body: { code: "missing_scope", scope: "catalog:write" } });
  expect(refused.headers.get("www-authenticate")).toContain('scope="catalog:write"');
  expect(await as(key, "GET", "/admin/v1/keys")).toMatchObject({ status: 403, body: { scope: "keys:read" } });
  for (const unknown of [`${key.slice(0, -1)}x`, key.replace(/.$/, (c) => (c === "0" ? "1" : "0")), "", "bw_"]) {
    expect(await as(unknown, "GET", "/admin/v1/products")).toMatchObject({
      status: 401,
      body: { code: "unauthorized" },
    });
  }
});

it("a key is shown once: neither the database nor any later answer has it", async () => {
  const { id, key } = await newKey(["orders:read"]);
  const { results } = await (await database()).prepare("SELECT * FROM api_keys").all();
  const list = await shop.client.admin("GET", "/admin/v1/keys?limit=100");
  const log = await shop.client.admin("GET", "/admin/v1/audit-log?limit=100");
  const secret = key.split("_")[2] ?? "";
  for (const text of [results, list.body, log.body].map((part) => JSON.stringify(part))) {
    expect(text).toContain(id);
    expect(text).not.toContain(secret);
  }
  expect(JSON.stringify(list.body)).not.toContain("hash");
});

it("a revoked key ends within five seconds, an expired one on time", async () => {
  const { id, key } = await newKey(["metrics:read"], { expires_at: new Date(Date.now() + 3_600_000).toISOString() });
  expect(await as(key, "GET", "/admin/v1/facts")).toMatchObject({ status: 200 });
  for (let i = 0; i < 2; i++) {
    const revoked = await shop.client.admin<KeyBody>("POST", `/admin/v1/keys/${id}/revoke`);
    expect(revoked).toMatchObject({ status: 200, body: { status: "revoked" } });
  }
  const after = await until(
    () => as(key, "GET", "/admin/v1/facts"),
    ({ status }) => status === 401,
    5_000,
  );
  expect(after.body.detail).toContain("revoked");
  const short = await newKey(["metrics:read"], { expires_at: new Date(Date.now() + 1_500).toISOString() });
  expect(await as(short.key, "GET", "/admin/v1/facts")).toMatchObject({ status: 200 });
  const late = await until(
    () => as(short.key, "GET", "/admin/v1/facts"),
    ({ status }) => status === 401,
    5_000,
  );
  expect(late.body.detail).toContain("expired");
  expect(await shop.client.admin("POST", "/admin/v1/keys/nope/revoke")).toMatchObject({ status: 404 });
});

it("a key gives no more than it has: neither scopes nor time", async () => {
  const until = new Date(Date.now() + 60_000).toISOString();
  const maker = await newKey(["keys:write", "orders:read"], { expires_at: until });
  const make = (body: object) => as(maker.key, "POST", "/admin/v1/keys", { name: "child", ...body });
  expect(await make({ scopes: ["orders:write"], expires_at: until })).toMatchObject({
    status: 403,
    body: { code: "exceeds_own_grant", missing: ["orders:write"] },
  });
  expect(await make({ scopes: ["*"], expires_at: until })).toMatchObject({ status: 403 });
  expect(await make({ scopes: ["orders:read"] })).toMatchObject({ status: 403, body: { code: "exceeds_own_grant" } });
  expect(await make({ scopes: ["orders:read"], expires_at: until })).toMatchObject({ status: 201 });
  for (const bad of [{ scopes: [] }, { scopes: ["all"] }, { scopes: ["*"], expires_at: "2001-01-01T00:00:00Z" }]) {
    expect(await shop.client.admin("POST", "/admin/v1/keys", { name: "x", ...bad })).toMatchObject({ status: 422 });
  }
});

it("notes the use of a key coarsely", async () => {
  const { id, key } = await newKey(["metrics:read"]);
  for (let i = 0; i < 3; i++) await as(key, "GET", "/admin/v1/facts");
  const find = async () =>
    (await shop.client.admin<{ data: KeyBody[] }>("GET", "/admin/v1/keys?limit=100")).body.data.find(
      (one) => one.id === id,
    );
  const noted = await until(find, (one) => one?.last_used_at !== undefined);
  await as(key, "GET", "/admin/v1/facts");
  expect((await find())?.last_used_at).toBe(noted?.last_used_at);
});

it("every write leaves one row, allowed or refused; reads leave none", async () => {
  const { id, key } = await newKey(["catalog:write", "stock:write"]);
  const product = { name: "P", category: "c", brand: "b", price: { amount: 100, currency: "USD" } };
  await expectStatus(201, as(key, "PUT", "/admin/v1/products/LOGGED", product));
  await expectStatus(200, as(key, "POST", "/admin/v1/stock/LOGGED/adjust", { delta: 5, reason: "delivery" }));
  await expectStatus(409, as(key, "POST", "/admin/v1/stock/LOGGED/adjust", { delta: -9, reason: "broken" }));
  await expectStatus(422, as(key, "POST", "/admin/v1/stock/LOGGED/adjust", { delta: 1.5, secret: "hunter2" }));
  await expectStatus(403, as(key, "POST", "/admin/v1/keys", { name: "x", scopes: ["*"] }));
  await expectStatus(403, as(key, "GET", "/admin/v1/orders"));
  await expectStatus(401, as("wrong", "PUT", "/admin/v1/products/LOGGED", product));
  const { data } = await entries(`actor=${id}`);
  expect(data.map(({ method, subject, outcome }) => [method, subject, outcome?.status, outcome?.code])).toEqual([
    ["POST", "keys", 403, "missing_scope"],
    ["POST", "stock/LOGGED", 422, "validation_failed"],
    ["POST", "stock/LOGGED", 409, "below_reserved"],
    ["POST", "stock/LOGGED", 200, undefined],
    ["PUT", "products/LOGGED", 201, undefined],
  ]);
  expect(data[3]).toMatchObject({ actor: { id, name: "test" }, request: { delta: 5, reason: "delivery" } });
  expect(data[3]?.request_id).toMatch(/^req_/);
  expect(JSON.stringify(data)).not.toContain("hunter2");
  const made = await entries(`subject=keys/${id}`);
  expect(made.data).toMatchObject([{ actor: { id: "bootstrap" }, subject: `keys/${id}`, outcome: { status: 201 } }]);
});

it("pages through the log without skipping or repeating, and narrows it by time", async () => {
  const { id, key } = await newKey(["stock:write"]);
  const from = new Date().toISOString();
  await Promise.all(
    Array.from({ length: 9 }, () => as(key, "POST", "/admin/v1/stock/LOGGED/adjust", { delta: 1, reason: "tie" })),
  );
  const seen: string[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const page: Awaited<ReturnType<typeof entries>> = await entries(
      `actor=${id}&limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    seen.push(...page.data.map((entry) => entry.id));
    cursor = page.next_cursor;
  }
  expect(seen).toHaveLength(9);
  expect(seen).toEqual([...new Set(seen)].toSorted().toReversed());
  expect((await entries(`actor=${id}&from=${from}`)).data).toHaveLength(9);
  expect((await entries(`actor=${id}&to=${from}`)).data).toHaveLength(0);
  expect(await shop.client.admin("GET", "/admin/v1/audit-log?from=yesterday")).toMatchObject({ status: 422 });
});

it("the log is append-only for everyone who has the database", async () => {
  const db = await database();
  for (const table of ["audit_log", "audit_outcomes"]) {
    await expect(db.prepare(`UPDATE ${table} SET at = 0`).run()).rejects.toThrow(/append-only/);
    await expect(db.prepare(`DELETE FROM ${table}`).run()).rejects.toThrow(/append-only/);
  }
});

it("without the log nothing is done: a write that cannot be recorded is refused", async () => {
  const db = await database();
  await db.prepare("ALTER TABLE audit_log RENAME TO audit_log_away").run();
  try {
    const adjusted = shop.client.admin("POST", "/admin/v1/stock/LOGGED/adjust", { delta: 100, reason: "unseen" });
    expect(await adjusted).toMatchObject({ status: 503, body: { code: "audit_log_unavailable" } });
    expect((await shop.client.level("LOGGED")).received).toBeLessThan(100);
  } finally {
    await db.prepare("ALTER TABLE audit_log_away RENAME TO audit_log").run();
  }
});

it("what would be told of a kill in the log is told by the flag itself, so the kill does not wait for the log", async () => {
  const db = await database();
  const path = `/admin/v1/flags/${FLAG}`;
  await db.prepare("ALTER TABLE audit_log RENAME TO audit_log_away").run();
  try {
    const reason = { reason: "it ranks by price" };
    expect(await shop.client.admin("POST", `${path}/start`, reason)).toMatchObject({ status: 503 });
    expect(await shop.client.admin("POST", `${path}/kill`, reason)).toMatchObject({ status: 200 });
    const { body } = await shop.client.admin<{ data: unknown[] }>("GET", `${path}/decisions`);
    expect(body.data[0]).toMatchObject({ reason: "it ranks by price" });
  } finally {
    await db.prepare("ALTER TABLE audit_log_away RENAME TO audit_log").run();
  }
});

it("keys that cannot be read are no bug and no intruder's, and ADMIN_KEY needs none", async () => {
  const { key } = await newKey(["*"]);
  const db = await database();
  await db.prepare("ALTER TABLE api_keys RENAME TO api_keys_away").run();
  try {
    const refused = await as(key, "GET", "/admin/v1/flags");
    expect(refused).toMatchObject({ status: 503, body: { code: "dependency_unavailable" } });
    expect(await shop.client.admin("GET", "/admin/v1/flags")).toMatchObject({ status: 200 });
  } finally {
    await db.prepare("ALTER TABLE api_keys_away RENAME TO api_keys").run();
  }
});
