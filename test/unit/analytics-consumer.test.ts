/**
 * Goal: what is acknowledged was applied, and what fails, fails alone. Threats: a poison message that takes its batch along (pitfall 17); a sick
 * database that stops counting; an acknowledgement before the effect (pitfall 20).
 */
import { describe, expect, it } from "vitest";
import type { ApplyRequest } from "../../durable-objects/event-shard/commands.ts";
import { consumeEvents } from "../../src/analytics/consumer.ts";
import type { ProductFacts } from "../../src/domain/events/product.ts";
import type { SpillRequest } from "../../durable-objects/event-spill/event-spill.ts";
import type { SpilledRequest } from "../../src/domain/pipeline/spill.ts";
import { PipelineLink } from "../../src/platform/pipeline-link.ts";
import { batchOf } from "../support/events.ts";
import { memoryCoordinator } from "../support/pipeline.ts";

interface World {
  readonly env: AnalyticsEnv;
  readonly applied: ApplyRequest[];
  readonly enriched: ProductFacts[];
  readonly levels: string[];
  readonly mirrored: string[];
  readonly spilled: SpilledRequest[];
  readonly link: PipelineLink;
  /** Shards that refuse, by a word in what they are handed. */
  readonly sick: Set<string>;
  readonly database: { works: boolean };
}

function newWorld(shards = "2"): World {
  const applied: ApplyRequest[] = [];
  const enriched: ProductFacts[] = [];
  const levels: string[] = [];
  const mirrored: string[] = [];
  const spilled: SpilledRequest[] = [];
  const sick = new Set<string>();
  const database = { works: true };
  const shard = (name: string) => ({
    apply: async (request: ApplyRequest) => {
      if (sick.has(name) || request.part?.labels.some((label) => sick.has(label))) throw new Error(`${name} is sick`);
      applied.push(request);
    },
  });
  const slice = {
    stockLevels: async (each: readonly { sku: string }[]) => void levels.push(...each.map(({ sku }) => sku)),
    enrich: async (each: readonly ProductFacts[]) => void enriched.push(...each),
  };
  const answer = async (bound: string) => {
    if (!database.works) throw new Error("D1_ERROR: no such host");
    return {
      results: bound.includes("KNOWN") ? [{ sku: "KNOWN", name: "A name", category: "c", brand: "b", image: "" }] : [],
    };
  };
  const DB = {
    prepare: (sql: string) => ({
      bind: (bound: string) => ({
        all: () => answer(bound),
        run: async () => {
          await answer(bound);
          if (sql.includes("stock_levels")) mirrored.push(bound);
        },
      }),
    }),
  };
  // SAFETY: of the bindings only these methods are used.
  const env = {
    EVENT_SHARDS: shards,
    PRODUCT_SLICES: "2",
    EVENT_SHARD: { getByName: shard },
    PRODUCT_METRICS: { getByName: () => slice },
    DB,
    EVENT_POINTS: { writeDataPoint: () => {} },
    PIPELINE_COORDINATOR: memoryCoordinator().binding,
    EVENT_SPILL: { getByName: () => ({ put: async ({ request }: SpillRequest) => void spilled.push(request) }) },
  } as unknown as AnalyticsEnv;
  return { env, applied, enriched, levels, mirrored, spilled, link: new PipelineLink("test"), sick, database };
}

/** Delivers bodies as one queue batch, and answers what became of each. */
async function deliver(world: World, bodies: readonly unknown[], attempts = 1): Promise<string[]> {
  const fates = bodies.map(() => "nothing");
  const messages = bodies.map((body, i) => ({
    id: `m${i}`,
    body,
    attempts,
    ack: () => (fates[i] = "ack"),
    retry: () => (fates[i] = "retry"),
  }));
  // SAFETY: the consumer uses no more of a batch than this.
  await consumeEvents({ queue: "events", messages } as unknown as MessageBatch, world.env, world.link);
  return fates;
}

const level = (sku: string) => ({
  v: 1,
  type: "stock.level",
  id: `stock.level:${sku}:1`,
  sku,
  onHand: 5,
  reserved: 0,
  sold: 0,
  seq: 1,
  at: 1,
});
const added = {
  v: 1,
  type: "cart.added",
  id: "cart.added:c:2",
  cartId: "c",
  visitorId: "v",
  sku: "A",
  quantity: 1,
  at: 1,
};
const wanted = (...skus: string[]) => ({
  v: 1,
  type: "products.wanted",
  id: `w${skus.join()}`,
  slice: "slice-0",
  skus,
});

describe("the consumer of events", () => {
  it("pitfall 17: a message that nobody can read is retried alone, and its neighbours are applied", async () => {
    const world = newWorld();
    const broken = { ...batchOf([{ id: "x" }]), kind: new Uint8Array(7) };
    const fates = await deliver(world, [
      batchOf([{ id: "a" }]),
      broken,
      "nonsense",
      null,
      { type: "events.batch" },
      added,
    ]);
    expect(fates).toEqual(["ack", "retry", "retry", "retry", "retry", "ack"]);
    expect(world.applied.flatMap(({ part }) => [...(part?.kind ?? [])])).toHaveLength(1);
  });

  it("pitfall 20: acknowledges only what its shards have taken; the messages of the others are not touched", async () => {
    const world = newWorld();
    const batches = Array.from({ length: 20 }, (_, i) => batchOf([{ id: `e${i}`, visitor: `visitor-${i}` }]));
    world.sick.add("shard-1");
    const fates = await deliver(world, batches);
    const taken = world.applied.reduce((sum, { part }) => sum + (part?.kind.length ?? 0), 0);
    expect(fates.filter((fate) => fate === "ack")).toHaveLength(taken);
    expect(fates.filter((fate) => fate === "retry").length).toBe(20 - taken);
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(20);
  });

  it("pitfall 17: what an object cannot take is alone when it comes again, so that it dies without its neighbours", async () => {
    const world = newWorld("1");
    const batches = [
      batchOf([{ id: "a", label: "GOOD" }]),
      batchOf([{ id: "b", label: "POISON" }]),
      batchOf([{ id: "c", label: "FINE" }]),
    ];
    world.sick.add("POISON");
    expect(await deliver(world, batches)).toEqual(["retry", "retry", "retry"]);
    expect(await deliver(world, batches, 2)).toEqual(["ack", "retry", "ack"]);
  });

  it("counts on while the database is down: only its mirror of the stock has to wait", async () => {
    const world = newWorld();
    world.database.works = false;
    const fates = await deliver(world, [batchOf([{ id: "a" }]), added, level("SKU-1"), wanted("NEW-1")]);
    expect(fates).toEqual(["ack", "ack", "retry", "ack"]);
    expect(world.levels).toEqual(["SKU-1"]);
    expect(world.applied.length).toBeGreaterThan(0);
    expect(world.enriched).toMatchObject([{ sku: "NEW-1", category: "unknown", lookUp: "bypassed" }]);
  });

  it("enriches from the catalog, remembers what it said, and gives defaults while it is sick", async () => {
    const world = newWorld();
    await deliver(world, [wanted("KNOWN", "NOWHERE")]);
    expect(world.enriched).toMatchObject([
      { sku: "KNOWN", name: "A name", lookUp: "found" },
      { sku: "NOWHERE", lookUp: "unknown" },
    ]);
    world.enriched.length = 0;
    world.database.works = false;
    await deliver(world, [wanted("KNOWN", "OTHER")]);
    expect(world.enriched).toMatchObject([
      { sku: "KNOWN", lookUp: "found" },
      { sku: "OTHER", lookUp: "bypassed" },
    ]);
  });

  it("sends the money of an order and the funnel of its shopper each to its own shard, the same for every repeat", async () => {
    const world = newWorld("8");
    const head = {
      v: 1,
      type: "order.paid",
      id: "order.paid:ord_019ab3c4-7d2f-7000-8000-000000000001",
      status: "paid",
      currency: "USD",
    };
    const order = {
      ...head,
      orderId: "ord_019ab3c4-7d2f-7000-8000-000000000001",
      cartId: "c",
      visitorId: "somebody",
      version: 4,
      total: 5,
      captured: 5,
      refunded: 0,
      lines: [],
      at: 1,
    };
    await deliver(world, [order, { ...order, at: 99 }]);
    const roles = world.applied.flatMap(({ facts }) => facts.map(({ role }) => role));
    expect(roles.toSorted()).toEqual(["funnel", "funnel", "money", "money"]);
    expect(world.applied).toHaveLength(2);
  });
});

describe("a shard that is sick", () => {
  const views = (n: number) => Array.from({ length: n }, (_, i) => batchOf([{ id: `e${i}-${Math.random()}` }]));
  const rowsIn = (requests: readonly SpilledRequest[]): number =>
    requests.reduce((sum, { part }) => sum + (part?.kind.length ?? 0), 0);

  it("pitfall 20: the last delivery is put by and acknowledged, not left to the dead letters", async () => {
    const world = newWorld("1");
    world.sick.add("shard-0");
    const [one] = views(1);
    expect(await deliver(world, [one], 3)).toEqual(["retry"]);
    expect(await deliver(world, [one], 4)).toEqual(["ack"]);
    expect([world.applied.length, rowsIn(world.spilled)]).toEqual([0, 1]);
  });

  it("is left after five failures: what fails then is put by at once, and what comes later is not tried at all", async () => {
    const world = newWorld("1");
    world.sick.add("shard-0");
    const fates = await deliver(world, views(5), 2);
    // Five calls beside each other: the one that tripped the breaker already went the new way.
    expect(fates).toContain("ack");
    await new Promise((resolve) => setTimeout(resolve, 60));
    await deliver(world, []);
    world.sick.clear();
    expect(await deliver(world, views(10))).toEqual(Array.from({ length: 10 }, () => "ack"));
    expect(world.applied).toEqual([]);
    expect(rowsIn(world.spilled)).toBeGreaterThanOrEqual(10);
  });

  it("does not take its neighbours along: their events are counted, not put by", async () => {
    const world = newWorld("2");
    world.sick.add("shard-1");
    const all = Array.from({ length: 20 }, (_, i) => batchOf([{ id: `n${i}`, visitor: `visitor-${i}` }]));
    const fates = await deliver(world, all, 4);
    expect(new Set(fates)).toEqual(new Set(["ack"]));
    expect(rowsIn(world.applied)).toBeGreaterThan(0);
    expect(rowsIn(world.applied) + rowsIn(world.spilled)).toBe(20);
  });
});
