import { describe, expect, test } from "vitest";
import { Bodies } from "../../bench/events/bodies.ts";
import { freshnessOf } from "../../bench/events/freshness.ts";
import { type Ledger, settleEvents } from "../../bench/events/ledger.ts";
import type { SeenFrame } from "../../bench/events/live.ts";
import { randomFrom, zipf } from "../../bench/events/random.ts";
import type { ShopperEvent } from "../../bench/events/shopper-event.ts";
import { difference, rowsByObject } from "../../bench/events/used.ts";

/** Goal: the load is what an SDK sends and every event of it is new. The threat is a generator that is fast because it repeats itself. */
describe("bodies", () => {
  const options = { skus: ["A-1", "B-2", "C-3"], perRequest: 20, perVisitor: 4, seed: 7 };
  const read = (bytes: Buffer): { batch: ShopperEvent[]; sentAt: string } => JSON.parse(bytes.toString("utf8"));

  test("every event of every body has a message id of its own, also when a body is used again", () => {
    const bodies = new Bodies(options);
    const ids = new Set<string>();
    for (let round = 0; round < 200; round++) {
      const { bytes, release } = bodies.next();
      for (const { messageId } of read(bytes).batch) ids.add(messageId);
      release();
    }
    expect(ids.size).toBe(200 * options.perRequest);
  });

  test("events are of now, of several visitors, and of the size that real ones have", () => {
    const bodies = new Bodies(options);
    const { batch, sentAt } = read(bodies.next().bytes);
    for (const { timestamp } of batch) expect(timestamp).toBe(sentAt);
    expect(Math.abs(Date.parse(sentAt) - Date.now())).toBeLessThan(1_000);
    expect(new Set(batch.map(({ anonymousId }) => anonymousId)).size).toBe(options.perRequest / options.perVisitor);
    expect(bodies.eventBytes).toBeGreaterThan(350);
    expect(bodies.eventBytes).toBeLessThan(650);
  });

  test("a body that was not released is not written to", () => {
    const bodies = new Bodies(options);
    const { bytes } = bodies.next();
    const before = bytes.toString();
    for (let round = 0; round < 100; round++) bodies.next();
    expect(bytes.toString()).toBe(before);
  });
});

test("with Zipf traffic the first of a hundred products takes a fifth of it, and all are taken", () => {
  const random = randomFrom(1);
  const rank = zipf(100, random);
  const ranks = Array.from({ length: 100_000 }, rank);
  expect(new Set(ranks).size).toBe(100);
  const first = ranks.filter((at) => at === 0).length;
  expect(first / ranks.length).toBeCloseTo(0.193, 2);
});

describe("freshness", () => {
  const frame = (at: number, received: number): SeenFrame => ({ at, received, bytes: 1, newestReceivedAt: undefined });
  const arrival = (dueAt: number, events: number) => ({ dueAt, events });

  test("an event waits from when it was due until the first frame that counts it", () => {
    const arrivals = [arrival(1_000, 10), arrival(1_100, 10), arrival(1_200, 980)];
    const frames = [frame(1_150, 510), frame(1_400, 520), frame(1_700, 1_500)];
    const found = freshnessOf(arrivals, frames, 500);
    expect(found).toEqual({ p50Ms: 500, p99Ms: 500, maxMs: 500, events: 1_000, unseen: 0 });
  });

  test("a tail of one in a hundred is in p99 and not in p50", () => {
    const arrivals = [...Array.from({ length: 98 }, () => arrival(0, 1)), arrival(0, 1), arrival(0, 1)];
    const found = freshnessOf(arrivals, [frame(10, 98), frame(900, 100)], 0);
    expect([found.p50Ms, found.p99Ms]).toEqual([10, 900]);
  });

  test("events that no frame ever counts are told and not left out in silence", () => {
    expect(freshnessOf([arrival(0, 5), arrival(0, 7)], [frame(3, 5)], 0)).toMatchObject({ events: 5, unseen: 7 });
  });
});

describe("settled", () => {
  const ledgerOf = (applied: number, duplicate = 0): Ledger => ({
    received: applied + duplicate,
    applied,
    duplicate,
    late: 0,
    rejected: 0,
    pending: 0,
    rejected_by: [],
    facts: [],
  });
  /** A shop with empty queues that answers one of these ledgers at each look, and the last one for ever. */
  const shopOf = (...ledgers: Ledger[]) => ({
    get: async (path: string) => {
      const next = ledgers.length > 1 ? ledgers.shift() : ledgers[0];
      // SAFETY: what these two endpoints answer, whatever schema they are read with.
      return (path.endsWith("/ledger") ? next : { queues: [{ queue: "events", backlog: 0 }] }) as never;
    },
  });

  test("in a shop that others used, events have settled when as many more are applied, and not when as many were received", async () => {
    const before = ledgerOf(5_000);
    const admin = shopOf(ledgerOf(5_000), ledgerOf(5_004, 6), ledgerOf(5_010, 6), ledgerOf(9_999));
    expect((await settleEvents(admin, before, 10)).applied).toBe(5_010);
  });

  test("an event that is taken for a duplicate is never applied, and the wait for it ends with what became of it", async () => {
    const settled = settleEvents(shopOf(ledgerOf(4, 6)), ledgerOf(0), 10, 0);
    await expect(settled).rejects.toThrow("4 of 10 events were applied; 6 were duplicates");
  });
});

test("what product slices write is on the bill as well, and an object that wrote nothing is not", () => {
  const countsOf = (shard: number, slice: number) => {
    const shards = [{ name: "shard-0", rows_written: shard }];
    const slices = [slice, 7].map((rows, at) => ({ name: `slice-${at}`, rows_written: rows }));
    return { rows: rowsByObject({ shards, slices }), operations: 0, batches: 0, cpuMs: 0, calls: {} };
  };
  expect(difference(countsOf(150, 40), countsOf(100, 30)).rows).toEqual({ "shard-0": 50, "slice-0": 10 });
});
