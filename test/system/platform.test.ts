import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { quietEnvironment, ROOT, WRANGLER } from "../../scripts/wrangler.ts";
import { type ProblemBody, ShopClient, until } from "../support/client.ts";
import { freePort } from "../support/process.ts";
import { type Shop, startShop } from "../support/shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await startShop({ vars: { CLIENT_RATE_LIMIT: "on" } });
});
afterAll(() => shop?.close());

interface TestDatabase {
  prepare(statement: string): { bind(...values: unknown[]): { run(): Promise<unknown> } };
}

it("pitfall 7: limits one client and no other, by the platform's counter and not by a shared key", async () => {
  const get = async (client: string) => {
    const path = "/v1/carts/cart_00000000-0000-7000-8000-000000000000";
    const { status, headers } = await shop.client.send("GET", path, { headers: { "cf-connecting-ip": client } });
    return { status, retryAfter: headers.get("retry-after") };
  };
  // Twice the limit and some: counts begin anew with every minute, which may fall into the middle of this.
  const greedy = await Promise.all(Array.from({ length: 1_260 }, () => get("203.0.113.7")));
  const limited = greedy.filter(({ status }) => status === 429);
  expect(limited.length).toBeGreaterThanOrEqual(20);
  expect(limited[0]?.retryAfter).toBe("60");
  expect(await get("203.0.113.8")).toMatchObject({ status: 404 });
});

it("pitfall 10: pages through orders of one millisecond without skipping or repeating any", async () => {
  const { DB } = await shop.harness.getWorker<{ DB: TestDatabase }>("breakwater-orders").getEnv();
  const ids = Array.from({ length: 25 }, (_, i) => `ord_${String(i).padStart(4, "0")}`);
  for (const id of ids) {
    await DB.prepare(
      `INSERT INTO orders (id, number, status, cart_id, currency, total, captured, refunded, version, placed_at, updated_at)
       VALUES (?, 'BW', 'paid', 'cart_tie', 'USD', 1, 1, 0, 1, 1800000000000, 1800000000000)`,
    )
      .bind(id)
      .run();
  }
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await shop.client.admin<{ data: { id: string; cart_id: string }[]; next_cursor: string | null }>(
      "GET",
      `/admin/v1/orders?limit=4${query}`,
    );
    seen.push(...page.body.data.flatMap((order) => (order.cart_id === "cart_tie" ? [order.id] : [])));
    cursor = page.body.next_cursor;
  } while (cursor !== null);
  expect(seen.toSorted()).toEqual(ids);
});

it("pitfall 23: every cart, order and SKU is an object of its own", async () => {
  const { client, harness } = shop;
  const objects = harness.getWorker("breakwater-objects");
  const counts = async () => {
    const ids = await Promise.all(["CART", "ORDER", "STOCK"].map((name) => objects.listDurableObjectIds(name)));
    return ids.map((some) => some.length);
  };
  const [carts = 0, orders = 0, stock = 0] = await counts();
  const skus = [await client.stock(5), await client.stock(5)];
  await Promise.all(skus.map((sku) => client.buy({ [sku]: 1 })));
  expect(await counts()).toEqual([carts + 2, orders + 2, stock + 2]);
});

it("pitfall 27: webhooks, admin API and assets are reached through the one public Worker", async () => {
  const { client } = shop;
  expect(await client.send("POST", "/webhooks/stripe", { raw: "{}" })).toMatchObject({
    status: 400,
    body: { code: "bad_signature" },
  });
  expect(await client.admin("GET", "/admin/v1/metrics")).toMatchObject({ status: 200 });
  expect(await client.send("GET", "/images/tide-serum.svg")).toMatchObject({ status: 200 });
  expect(await client.send("GET", "/healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
});

it("pitfall 30: a bare `wrangler dev` answers 503 and says to use npm start", async () => {
  const state = mkdtempSync(join(tmpdir(), "breakwater-bare-"));
  const port = await freePort();
  const args = [WRANGLER, "dev", "--port", String(port), "--inspector-port", "0", "--persist-to", state];
  const env = { ...quietEnvironment(), WRANGLER_REGISTRY_PATH: join(state, "registry") };
  const child = spawn(process.execPath, [...args, "--show-interactive-dev-session=false"], {
    cwd: ROOT,
    env,
    stdio: "ignore",
  });
  try {
    const client = new ShopClient(`http://127.0.0.1:${port}`, "", "key");
    await until(
      () => client.send("GET", "/healthz").catch(() => ({ status: 0 })),
      ({ status }) => status === 200,
      60_000,
    );
    for (const [method, path] of [
      ["POST", "/v1/carts"],
      ["GET", "/v1/products"],
      ["GET", "/admin/v1/orders"],
      ["POST", "/webhooks/stripe"],
    ] as const) {
      const { status, body } = await client.send<ProblemBody>(method, path);
      expect([path, status, body.code]).toEqual([path, 503, "dependency_unavailable"]);
      expect(body.detail).toContain("npm start");
    }
  } finally {
    child.kill("SIGTERM");
    await once(child, "close");
    rmSync(state, { recursive: true, force: true });
  }
});
