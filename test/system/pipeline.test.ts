import { afterAll, beforeAll, expect, it } from "vitest";
import type { EventLedger, ProductRow } from "../../src/domain/live.ts";
import type { DecisionBody, PipelineBody } from "../../src/domain/pipeline/view.ts";
import { expectStatus, until } from "../support/client.ts";
import { type Shop, startShop } from "../support/shop.ts";

/**
 * Goal: a stage that fails is led around within seconds, nothing that was acknowledged is lost or counted twice, and it is all written down. Threats: an outage
 * that ends among the dead letters; a detour that nobody comes back from. Faults are made where they happen: in the database, and by a deployment.
 */
let shop: Shop;
let writeKey: string;
beforeAll(async () => {
  shop = await startShop();
  writeKey = await shop.client.writeKey("secret", { limited: false });
});
afterAll(() => shop?.close());

const admin = async <T>(path: string): Promise<T> =>
  (await expectStatus(200, shop.client.admin<T>("GET", `/admin/v1${path}`))).body;
const pipeline = () => admin<PipelineBody>("/pipeline");
const stageOf = (body: PipelineBody, name: string) => body.stages.find(({ stage }) => stage === name);
const ledger = () => admin<EventLedger>("/analytics/ledger");
const decisions = async () => (await admin<{ data: DecisionBody[] }>("/decisions?limit=100")).data;

let sent = 0;
/** One request with a view of each product, every one by a visitor of its own. */
async function view(...skus: readonly string[]): Promise<void> {
  const batch = skus.map((sku) => {
    const id = `pipeline-${++sent}`;
    return { type: "track", event: "Product Viewed", anonymousId: id, messageId: id, properties: { sku } };
  });
  const headers = { authorization: `Basic ${btoa(`${writeKey}:`)}` };
  await expectStatus(200, shop.client.send("POST", "/v1/batch", { body: { batch }, headers }));
}

interface TestDatabase {
  prepare(sql: string): { run(): Promise<unknown> };
}
async function sql(statement: string): Promise<void> {
  const { DB } = await shop.harness.getWorker<{ DB: TestDatabase }>("breakwater-analytics").getEnv();
  await DB.prepare(statement).run();
}

/** Deploys the objects with another value of a variable. */
const deployObjects = (vars: Readonly<Record<string, string>>) =>
  shop.harness.update(({ workers, ...rest }) => ({
    ...rest,
    workers: workers.map((worker) =>
      "configPath" in worker && String(worker.configPath).startsWith("durable-objects/")
        ? { ...worker, vars: { ...worker.vars, ...vars } }
        : worker,
    ),
  }));

it("enrichment dies under load: bypassed within 5 s, the board moves on, and names heal without touching a total", async () => {
  const products = await Promise.all(Array.from({ length: 24 }, () => shop.client.stock(0)));
  await sql("ALTER TABLE products RENAME TO products_away");
  const diedAt = Date.now();
  for (const sku of products) {
    await view(sku);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  const sick = await until(pipeline, (body) => stageOf(body, "enrich")?.route === "bypass", 5_000);
  const opened = (await decisions()).find(({ subject, kind }) => subject === "enrich" && kind === "opened");
  expect(Date.parse(opened?.at ?? "") - diedAt).toBeLessThan(5_000);
  expect(opened?.text).toContain("Left the catalog look-up");
  expect(stageOf(sick, "aggregate")).toMatchObject({ route: "primary" });
  expect((await shop.client.send("GET", "/readyz")).body).toMatchObject({ status: "degraded" });
  // Every event is counted, under defaults.
  const counted = await until(ledger, ({ applied }) => applied === sent);
  const rows = async () => (await admin<{ data: ProductRow[] }>("/analytics/products?limit=100")).data;
  const unnamed = await until(rows, (all) => all.length >= products.length);
  expect(unnamed.filter(({ sku, category }) => products.includes(sku) && category === "unknown").length).toBe(24);

  await sql("ALTER TABLE products_away RENAME TO products");
  const healed = await until(
    rows,
    (all) => all.filter(({ sku, category }) => products.includes(sku) && category === "test").length === 24,
    90_000,
  );
  expect(healed.filter(({ sku }) => products.includes(sku)).every(({ views }) => views === 1)).toBe(true);
  expect(await ledger()).toMatchObject({ received: counted.received, applied: counted.applied, rejected: 0 });
});

it("all shards refuse: events are put by and acknowledged, then counted once, and the ledger balances", async () => {
  await view("BEFORE");
  const before = await until(ledger, ({ applied }) => applied === sent);
  await deployObjects({ PRODUCT_SLICES: "nonsense" });
  const first = sent;
  for (let n = 0; n < 60; n++) {
    await view("DURING-A", "DURING-B", "DURING-C", "DURING-D");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const during = sent - first;
  const full = await until(pipeline, ({ spill }) => spill.events === during, 60_000);
  expect(stageOf(full, "aggregate")).toMatchObject({ state: "failed", route: "fallback" });
  expect(stageOf(full, "ingest")).toMatchObject({ route: "primary" });
  expect((await shop.client.send("GET", "/readyz")).status).toBe(200);

  await deployObjects({ PRODUCT_SLICES: "2" });
  await until(pipeline, ({ spill }) => spill.parts === 0, 90_000);
  await until(pipeline, (body) => stageOf(body, "aggregate")?.route === "primary", 90_000);
  const { received, applied, duplicate, pending } = await until(ledger, (each) => each.applied === sent, 30_000);
  expect({ received, applied, duplicate, pending }).toEqual({
    received: sent,
    applied: sent,
    duplicate: before.duplicate,
    pending: 0,
  });
  const { spills } = await admin<{ spills: { parts: number }[] }>("/audit/analytics");
  expect(spills.every(({ parts }) => parts === 0)).toBe(true);
  const dead = await admin<{ data: { queue: string; count: number }[] }>("/dead-letters");
  expect(dead.data.find(({ queue }) => queue === "events-dead")).toMatchObject({ count: 0 });
  const kinds = (await decisions()).filter(({ subject }) => subject.startsWith("aggregate/")).map(({ kind }) => kind);
  expect(new Set(kinds)).toEqual(new Set([...kinds, "opened", "spilled", "drained", "closed"]));
});

it("the feed goes back page by page, and shows nothing twice", async () => {
  const all = await decisions();
  const seen: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const at: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { data: DecisionBody[]; next_cursor: string | null } = await admin(`/decisions?limit=3${at}`);
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.next_cursor;
  }
  expect(seen).toEqual(all.map(({ id }) => id));
  expect((await shop.client.send("GET", "/admin/v1/decisions")).status).toBe(401);
});
