import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AlertBook } from "../../durable-objects/alert-book/alert-book.ts";
import type { AlertTold } from "../../src/domain/alerts/alert.ts";
import { DEFAULT_RULES } from "../../src/domain/alerts/defaults.ts";
import type { AlertRule } from "../../src/domain/alerts/rule.ts";
import type { Segment } from "../../src/domain/events/deltas.ts";
import type { ProductStatus } from "../../src/domain/events/product.ts";
import { env, runDueWork, workOf } from "../support/objects.ts";

/**
 * Goal: an alert is decided in the transaction that folds what it is about, so that a crash neither loses it nor makes two of it.
 * Threat: 9, 8, 7 as three alerts, one that was decided and not told, one that is told again after a start.
 */
let told: AlertTold[];
let calls: number;
let failsNext: boolean;
beforeEach(() => {
  told = [];
  calls = 0;
  failsNext = false;
  vi.spyOn(AlertBook.prototype, "take").mockImplementation((news) => {
    calls++;
    const fails = failsNext;
    failsNext = false;
    if (fails) throw new Error("restarting");
    told.push(...news);
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A slice of the test's own, by a new stub each time: one is of no use after its object was aborted. */
function newSlice() {
  const name = `slice-${crypto.randomUUID()}`;
  return () => env.PRODUCT_METRICS.getByName(name);
}
const level = (seq: number, onHand: number, sku = "S") => ({ sku, onHand, reserved: 0, seq, at: Date.now() });
const low = DEFAULT_RULES["stock_low"] as AlertRule;
const rules = (version: number, rule: AlertRule = low) => ({ version, rules: [{ id: "low", version: 1, rule }] });
const news = () => told.map(({ type, subject, value }) => `${type} ${subject.key} ${value}`);
const distinct = () => new Set(told.map(({ id, type }) => `${type} ${id}`)).size;

/** A slice that has rules of the test's own, newer than those of the book. */
async function sliceWith(rule: AlertRule = low) {
  const slice = newSlice();
  await slice().stockLevels([level(1, 12)]);
  await slice().takeRules(rules(1_000, rule));
  return slice;
}

describe("one breach", () => {
  it("12 -> 4 in one second is one alert, as single sales and as one commit", async () => {
    const slice = await sliceWith();
    const sales = [11, 10, 9, 8, 7, 6, 5, 4].map((left, i) => level(i + 2, left));
    // 9 and 8 have a commit of their own, the rest share one.
    for (const sale of sales.slice(0, 4)) await slice().stockLevels([sale]);
    await slice().stockLevels(sales);
    await vi.waitFor(() => expect(told).toHaveLength(1));
    await runDueWork(slice());
    expect(told).toMatchObject([{ type: "fired", subject: { key: "S" }, rule: { id: "low", threshold: 10 } }]);
    expect((await slice().summary({ dayStartsAt: 0, top: 1 })).low).toMatchObject([{ sku: "S", available: 4 }]);
  });

  it("survives a crash at any point as one: before it is told, after it, and after a checkpoint", async () => {
    const slice = await sliceWith();
    failsNext = true;
    await slice().stockLevels([level(2, 4)]);
    await vi.waitFor(() => expect(calls).toBe(1));
    await abortAllDurableObjects();
    expect(await workOf(slice())).toContain("tell");
    await runDueWork(slice());
    expect(news()).toEqual(["fired S 4"]);
    await abortAllDurableObjects();
    await slice().stockLevels([level(3, 3)]);
    await runDueWork(slice());
    await evictDurableObject(slice());
    await slice().stockLevels([level(4, 2)]);
    await abortAllDurableObjects();
    await slice().stockLevels([level(5, 25)]);
    await runDueWork(slice());
    expect([...new Set(news())]).toEqual(["fired S 4", "cleared S 25"]);
    expect(distinct()).toBe(2);
    expect(told.at(-1)).toMatchObject({ worst: 2, id: told[0]?.id });
  });

  it("a level that trembles between the threshold and the clear level is the same breach", async () => {
    const slice = await sliceWith();
    for (const [i, left] of [9, 11, 9, 19, 8].entries()) await slice().stockLevels([level(i + 2, left)]);
    await slice().stockLevels([level(9, 20)]);
    await vi.waitFor(() => expect(news()).toEqual(["fired S 9", "cleared S 20"]));
  });

  it("a stock level that comes late or twice is no look: an old 4 does not fire under a new 30", async () => {
    const slice = await sliceWith();
    await slice().stockLevels([level(9, 30)]);
    await slice().stockLevels([level(5, 4)]);
    await runDueWork(slice());
    expect(told).toEqual([]);
  });
});

describe("a product that is no longer sold", () => {
  const facts = (status: ProductStatus) =>
    ({ sku: "S", name: "S", category: "c", brand: "b", image: "", status, lookUp: "found" }) as const;

  it("has its alert ended, and none while it is archived; sold again, it is looked at again", async () => {
    const slice = await sliceWith();
    await slice().stockLevels([level(2, 0)]);
    await slice().enrich([facts("archived")]);
    await vi.waitFor(() => expect(news()).toEqual(["fired S 0", "cleared S null"]));
    expect((await slice().summary({ dayStartsAt: 0, top: 1 })).low).toEqual([]);
    await abortAllDurableObjects();
    await slice().stockLevels([level(3, 2)]);
    await slice().takeRules(rules(1_001, { ...low, threshold: 13, clear: 15 }));
    await runDueWork(slice());
    expect(distinct()).toBe(2);
    await slice().enrich([facts("active")]);
    await vi.waitFor(() => expect([...new Set(news())]).toEqual(["fired S 0", "cleared S null", "fired S 2"]));
  });

  it("is looked up by the hour while it has an alert, so that an archive that nobody told of is heard of", async () => {
    const wanted: string[] = [];
    vi.spyOn(Object.getPrototypeOf(env.EVENTS_QUEUE) as Queue, "sendBatch").mockImplementation(async (messages) => {
      // SAFETY: slices send nothing else.
      for (const { body } of messages) wanted.push(...(body as { skus: readonly string[] }).skus);
      return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
    });
    const slice = await sliceWith();
    await slice().enrich([facts("active")]);
    await slice().stockLevels([level(2, 0)]);
    await vi.waitFor(() => expect(news()).toEqual(["fired S 0"]));
    wanted.length = 0;
    vi.setSystemTime(Date.now() + 61 * 60_000);
    await runDueWork(slice());
    await vi.waitFor(() => expect(wanted).toEqual(["S"]));
    await slice().enrich([facts("archived")]);
    await vi.waitFor(() => expect(news()).toEqual(["fired S 0", "cleared S null"]));
    vi.setSystemTime(Date.now() + 61 * 60_000);
    await runDueWork(slice());
    expect([wanted, await workOf(slice())]).toEqual([["S"], expect.not.arrayContaining(["heal"])]);
  });
});

describe("rules", () => {
  it("are asked for with the first commit, and what was low before is found by them", async () => {
    const slice = newSlice();
    await slice().stockLevels([level(1, 4), level(1, 0, "OUT")]);
    await vi.waitFor(() => expect(news().toSorted()).toEqual(["fired OUT 0", "fired OUT 0", "fired S 4"]));
    expect(distinct()).toBe(3);
  });

  it("old ones change nothing, other levels decide anew, and one that is gone ends its alerts", async () => {
    const slice = await sliceWith();
    await slice().takeRules(rules(999, { ...low, threshold: 50, clear: 60 }));
    await runDueWork(slice());
    expect(told).toEqual([]);
    await slice().takeRules(rules(1_001, { ...low, threshold: 13, clear: 15 }));
    await vi.waitFor(() => expect(news()).toEqual(["fired S 12"]));
    await slice().takeRules({ version: 1_002, rules: [] });
    await vi.waitFor(() => expect(news()).toEqual(["fired S 12", "cleared S null"]));
    await abortAllDurableObjects();
    await slice().stockLevels([level(2, 1)]);
    await runDueWork(slice());
    expect(told).toHaveLength(2);
  });

  it("a wait ends by the clock, though nothing more is sold", async () => {
    const slice = await sliceWith({ ...low, for_s: 60 });
    await slice().stockLevels([level(2, 4)]);
    await runDueWork(slice());
    expect(told).toEqual([]);
    expect(await workOf(slice())).toContain("look");
    vi.setSystemTime(Date.now() + 61_000);
    await abortAllDurableObjects();
    await runDueWork(slice());
    await vi.waitFor(() => expect(news()).toEqual(["fired S 4"]));
    await runDueWork(slice());
    expect(await workOf(slice())).not.toContain("look");
  });

  it("a rate fires on a rush and clears when it is over, without another event", async () => {
    const rush: AlertRule = { ...low, metric: "views.per_minute", comparator: "above", threshold: 100, clear: 10 };
    const slice = await sliceWith(rush);
    const delta = (views: number): Segment["delta"] => ({
      skus: ["HOT"],
      product: Uint32Array.of(0),
      minute: Uint32Array.of(Math.floor(Date.now() / 60_000)),
      views: Uint32Array.of(views),
      adds: Uint32Array.of(0),
      checkouts: Uint32Array.of(0),
      money: [],
    });
    const segment = { after: 0, to: 1, foldedAt: Date.now(), delta: delta(500) };
    await slice().take({ name: "shard-0", origin: "o", segments: [segment] });
    await vi.waitFor(() => expect(news()).toEqual(["fired HOT 500"]));
    expect(await workOf(slice())).toContain("look");
    vi.setSystemTime(Date.now() + 121_000);
    await runDueWork(slice());
    await vi.waitFor(() => expect(news()).toEqual(["fired HOT 500", "cleared HOT 0"]));
    await runDueWork(slice());
    expect(await workOf(slice())).not.toContain("look");
  });
});

describe("a rule that fires for many", () => {
  it("tells of them in rows of which none outgrows what SQLite takes, and one call takes one row", async () => {
    const slice = newSlice();
    const skus = Array.from({ length: 600 }, (_, i) => `S${i}`);
    await slice().stockLevels(skus.map((sku) => level(1, 1, sku)));
    failsNext = true;
    await slice().takeRules(rules(1_000));
    await vi.waitFor(() => expect(calls).toBe(1));
    expect((await workOf(slice())).filter((kind) => kind === "tell")).toHaveLength(3);
    await runDueWork(slice());
    expect(calls).toBe(4);
    expect(new Set(told.map(({ subject }) => subject.key))).toEqual(new Set(skus));
  });
});
