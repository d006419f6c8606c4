/**
 * Goal: advice follows the figures, saves no more than there is to save, and is applied only when that is safe, once, and within bounds. Threats: a
 * saving that is larger than the bill; advice that flaps with every order; a setting that leaves its bounds; money that waits for a fuller batch.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Advice, Facts } from "../../src/domain/cost/advice.ts";
import { adviseOn } from "../../src/domain/cost/adviser.ts";
import { apply, NEW_BOOK, revert, settingsOf, takeStock } from "../../src/domain/cost/book.ts";
import { costsOf } from "../../src/domain/cost/costs.ts";
import { addCounts, type CountKey, type Counts } from "../../src/domain/cost/counts.ts";
import { MEASURED_CPU_MS, parseCpuMs } from "../../src/domain/cost/cpu.ts";
import { DEPLOYED } from "../../src/domain/cost/deployed.ts";
import { batchesSpared } from "../../src/domain/cost/queue-rules.ts";
import { isKept } from "../../src/domain/cost/sampling.ts";
import { SETTINGS, type Settings, USUAL } from "../../src/domain/cost/settings.ts";
import { shardsFor } from "../../src/domain/cost/shard-rules.ts";

const DAY_MS = 24 * 3_600_000;

function factsOf(
  counts: Counts,
  { settings = USUAL, shards = 4 }: { settings?: Settings; shards?: number } = {},
): Facts {
  const hours = [counts];
  return { counts, hours, coveredMs: DAY_MS, costs: costsOf(counts, DAY_MS, MEASURED_CPU_MS), settings, shards };
}

/** A day of a shop that sells 20,000 orders and takes in 20 million events. */
const BUSY: Counts = {
  "done.order": 20_000,
  "done.event": 20_000_000,
  "commerce.workerRequest": 2_000_000,
  "commerce.objectRequest": 1_000_000,
  "commerce.rowWritten": 900_000,
  "commerce.logEvent": 500_000,
  "analytics.workerRequest": 2_500_000,
  "analytics.objectRequest": 3_000_000,
  "analytics.rowWritten": 800_000,
  "analytics.queueOperation": 1_500_000,
  "log.everyday": 400_000,
  "queue.events.batch": 900_000,
  "queue.events.message": 2_000_000,
  "queue.orders.batch": 60_000,
  "queue.orders.message": 120_000,
  "cache.catalog_item.isolate": 300_000,
  "cache.catalog_item.load": 200_000,
  "cache.catalog_item.renewal": 150_000,
  "cache.catalog_item.renewalAgeMs": 150_000 * 7_000,
  "cache.catalog_item.changed": 10,
};

const anyCounts = fc
  .dictionary(fc.constantFrom(...Object.keys(BUSY)), fc.integer({ min: 0, max: 50_000_000 }), { maxKeys: 20 })
  .map((record): Counts => record);

const byId = (advice: readonly Advice[], id: string): Advice | undefined => advice.find((each) => each.id === id);

describe("advice", () => {
  test("a busy day: longer-lived products and fewer everyday lines by a command, batches and sampling by a deployment", () => {
    const advice = adviseOn(factsOf(BUSY));
    expect(byId(advice, "catalog-item-lifetime")).toMatchObject({ safe: true, change: { from: 5, to: 20 } });
    expect(byId(advice, "log-share")).toMatchObject({ safe: true, change: { kind: "live", setting: "log_share" } });
    expect(byId(advice, "head-sampling")).toMatchObject({ safe: false, change: { kind: "deploy" } });
    expect(byId(advice, "batch-timeout-events")).toMatchObject({
      safe: false,
      change: {
        file: expect.stringContaining("src/analytics/wrangler.toml"),
        to: ['queue = "breakwater-events"', "max_batch_size = 100", "max_batch_timeout = 1"],
      },
    });
    expect(byId(advice, "batch-timeout-payments")).toBeUndefined();
    expect(advice.map(({ dollarsPerMonth }) => dollarsPerMonth)).toEqual(
      advice.map(({ dollarsPerMonth }) => dollarsPerMonth).toSorted((a, b) => b - a),
    );
  });

  test("an idle shop, and one that was looked at for a minute, is told nothing", () => {
    expect(adviseOn(factsOf({}))).toEqual([]);
    expect(adviseOn({ ...factsOf(BUSY), coveredMs: 60_000 })).toEqual([]);
  });

  test("no saving is larger than what everything costs, and no advice moves a live setting out of its bounds", () => {
    fc.assert(
      fc.property(anyCounts, fc.integer({ min: 1, max: 64 }), (counts, shards) => {
        const facts = factsOf(counts, { shards });
        for (const { change, dollarsPerMonth, safe } of adviseOn(facts)) {
          expect(Number.isFinite(dollarsPerMonth)).toBe(true);
          // A queue that was counted and whose invocations were not is not a shop.
          if (change.kind === "live")
            expect(dollarsPerMonth).toBeLessThanOrEqual(facts.costs.dollarsPerMonth + 1e-9 + logsOf(counts));
          expect(safe).toBe(change.kind === "live");
          if (change.kind !== "live") continue;
          const { min, max } = SETTINGS[change.setting];
          expect(change.to).toBeGreaterThanOrEqual(min);
          expect(change.to).toBeLessThanOrEqual(max);
          expect(change.to).not.toBe(change.from);
        }
      }),
    );
    // What sampling left out was not paid for.
    function logsOf(counts: Counts): number {
      return ((counts["log.everyday"] ?? 0) * 0.6e-6 * 30 * DAY_MS) / DAY_MS;
    }
  });

  test("followed advice about logs is not given again for the same day: it settles", () => {
    const first = byId(adviseOn(factsOf(BUSY)), "log-share");
    if (first?.change.kind !== "live") throw new Error("expected a live change");
    const share = first.change.to;
    const followed = addCounts(BUSY, {
      "log.everyday": -(1 - share) * 400_000,
      "log.passed": (1 - share) * 400_000,
      "commerce.logEvent": -(1 - share) * 400_000,
    });
    const next = byId(adviseOn(factsOf(followed, { settings: { ...USUAL, log_share: share } })), "log-share");
    expect(next?.change.kind === "live" ? next.change.to : share).toBeGreaterThanOrEqual(share - 0.05);
  });

  test("batches that are spared are never more than there were, grow with the time-out, and are none where batches are full", () => {
    const traffic = { batches: fc.integer({ min: 1, max: 1_000_000 }), perBatch: fc.integer({ min: 1, max: 100 }) };
    fc.assert(
      fc.property(
        traffic.batches,
        traffic.perBatch,
        fc.integer({ min: 1_000, max: DAY_MS }),
        (batches, perBatch, coveredMs) => {
          const seen = { messages: batches * perBatch, batches, coveredMs, setting: DEPLOYED.queues.events };
          const [short, long] = [1, 5].map((timeoutS) => batchesSpared({ ...seen, timeoutS }));
          return (short ?? 0) >= 0 && (short ?? 0) <= (long ?? 0) && (long ?? 0) < batches;
        },
      ),
    );
    const full = { messages: 1e6, batches: 1e4, coveredMs: DAY_MS, setting: DEPLOYED.queues.events, timeoutS: 5 };
    expect(batchesSpared(full)).toBe(0);
  });

  test("shards never become fewer when the peak rises, and are a power of two", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e7, noNaN: true }),
        fc.double({ min: 0, max: 1e7, noNaN: true }),
        (a, b) => {
          const [low, high] = [shardsFor(Math.min(a, b)), shardsFor(Math.max(a, b))];
          return low <= high && Number.isInteger(Math.log2(low)) && high <= 256;
        },
      ),
    );
    expect([0, 2_500, 2_501, 45_000].map(shardsFor)).toEqual([1, 1, 2, 32]);
  });
});

describe("the book's decisions", () => {
  const given = adviseOn(factsOf(BUSY));
  const command = { id: "catalog-item-lifetime", by: "ada", now: 5 };

  test("safe advice is applied once and can be taken back; what needs a deployment is refused", () => {
    const applied = apply(NEW_BOOK, given, command);
    if (!applied.ok) throw new Error(applied.reason);
    expect(settingsOf(applied.value.state)).toEqual({ ...USUAL, catalog_item_s: 20 });
    expect(applied.value.decisions).toMatchObject([
      { kind: "applied", by: "ada", evidence: { from: 5, to: 20, renewals: 150_000 } },
    ]);
    // The next day recommends nothing of this name, and a repeat finds it in force.
    expect(apply(applied.value.state, [], command)).toMatchObject({
      ok: true,
      value: { repeated: true, decisions: [] },
    });
    const back = revert(applied.value.state, command);
    expect(back.ok && settingsOf(back.value.state)).toEqual(USUAL);
    expect(back.ok && back.value.state.epoch).toBe(2);
    expect(apply(NEW_BOOK, given, { ...command, id: "batch-timeout-events" })).toEqual({
      ok: false,
      reason: "not_safe",
    });
    expect(apply(NEW_BOOK, given, { ...command, id: "nonsense" })).toEqual({ ok: false, reason: "unknown_advice" });
    expect(revert(NEW_BOOK, command)).toEqual({ ok: false, reason: "not_applied" });
  });

  test("what is recommended is written down when it is news, and when it is over", () => {
    const first = takeStock(NEW_BOOK, given, 1);
    expect(first.decisions.map(({ kind }) => kind)).toEqual(given.map(() => "recommended"));
    expect(takeStock(first.state, given, 2).decisions).toEqual([]);
    expect(takeStock(first.state, given.slice(1), 3).decisions).toMatchObject([
      { kind: "withdrawn", advice: given[0]?.id },
    ]);
  });
});

describe("what the figures are made of", () => {
  test("an order's price holds all of commerce and nothing of analytics, by hand", () => {
    const counts: Counts = {
      "done.order": 10,
      "commerce.workerRequest": 60,
      "commerce.objectRequest": 150,
      "commerce.objectMs": 5_000,
      "commerce.rowWritten": 500,
      "commerce.logEvent": 100,
      "analytics.rowWritten": 1_000_000,
    };
    // 6 x 0.30 + 6 x the CPU time of one x 0.02 + 15 x 0.15 + 0.5 s x 0.128 GB x 12.50 + 50 x 1 + (10 + 6 + 15) x 0.60, in millionths.
    const millionths = 1.8 + 6 * MEASURED_CPU_MS.commerce * 0.02 + 2.25 + 0.8 + 50 + 18.6;
    expect(costsOf(counts, DAY_MS, MEASURED_CPU_MS).perOrder?.dollars).toBeCloseTo(millionths / 1e6, 12);
    expect(costsOf({}, DAY_MS, MEASURED_CPU_MS)).toMatchObject({ perOrder: null, perThousandEvents: null });
  });

  test("an operator's own CPU times are taken, and what is none is refused", () => {
    expect(parseCpuMs("")).toBe(MEASURED_CPU_MS);
    const own = { commerce: 3, tracked: 2, event: 0.1, operations: 1 };
    expect(parseCpuMs(JSON.stringify(own))).toEqual(own);
    expect(() => parseCpuMs(JSON.stringify({ ...own, commerce: -1 }))).toThrow("Too small");
  });

  test("adding up is commutative, so isolates may tell in any order", () => {
    const keys = fc.constantFrom<CountKey>("done.order", "commerce.rowWritten", "queue.events.again");
    const some = fc.dictionary(keys, fc.nat()).map((record): Counts => record);
    fc.assert(
      fc.property(some, some, (a, b) => {
        expect(addCounts(a, b)).toEqual(addCounts(b, a));
      }),
    );
  });

  test("a share of the stories is kept, each whole or not at all", () => {
    const ids = Array.from({ length: 20_000 }, (_, n) => `ord_${n}`);
    const kept = ids.filter((id) => isKept(id, 0.25));
    expect(kept.length / ids.length).toBeCloseTo(0.25, 1);
    expect(kept.every((id) => isKept(id, 0.3) && isKept(id, 1))).toBe(true);
  });
});
