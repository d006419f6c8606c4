import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { routeFact } from "../../src/domain/events/facts.ts";
import { hash64 } from "../../src/domain/events/hash.ts";
import type { OrderFact } from "../../src/domain/events/order-money.ts";
import {
  allShards,
  parseRouting,
  parseSlices,
  shardIndex,
  shardOf,
  sliceIndex,
  timeOfId,
} from "../../src/domain/events/routing.ts";
import { makeId } from "../../src/domain/ids.ts";

describe("hash64", () => {
  it("is what it always was: where an id is looked up must survive a deployment", () => {
    expect(hash64("")).toEqual({ high: 76_444_349, low: 1_263_139_360 });
    expect(hash64("0190a3c4-7d2f-7000-8000-000000000001")).toEqual({ high: 173_011_327, low: 435_748_474 });
    expect(hash64("größe-東京-🦊")).toEqual({ high: 738_409_880, low: 1_403_222_513 });
  });

  it("keeps texts apart that differ in characters beyond ASCII", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        fc.pre(a.toWellFormed() !== b.toWellFormed());
        expect(hash64(a)).not.toEqual(hash64(b));
      }),
    );
    // UTF-16 units that the library alone would fold into the same bytes.
    expect(hash64("\u0100\u0000ab")).not.toEqual(hash64("\u0000\u0001ab"));
    expect(hash64("ab\u8000")).not.toEqual(hash64("ab\u9000"));
  });

  it("spreads neighbours evenly over both halves", () => {
    const high = new Set<number>();
    const low = new Set<number>();
    const ones = new Uint32Array(32);
    for (let i = 0; i < 50_000; i++) {
      const hash = hash64(`evt-${i}`);
      high.add(hash.high);
      low.add(hash.low);
      for (let bit = 0; bit < 32; bit++) ones[bit] = (ones[bit] ?? 0) + ((hash.low >>> bit) & 1);
    }
    // 50,000 of 2^32: 0.3 collisions are expected in each half.
    expect(high.size).toBeGreaterThan(49_995);
    expect(low.size).toBeGreaterThan(49_995);
    for (const count of ones) expect(Math.abs(count - 25_000)).toBeLessThan(600);
  });
});

describe("the routing of events", () => {
  const grown = parseRouting("4;2026-12-01T00:00:00Z=8");
  const start = Date.UTC(2026, 11, 1);

  it("reads a number, or epochs with a start", () => {
    expect(parseRouting("4")).toEqual([{ startsAt: 0, shards: 4 }]);
    expect(grown).toEqual([
      { startsAt: 0, shards: 4 },
      { startsAt: start, shards: 8 },
    ]);
    expect(parseSlices("2")).toBe(2);
  });

  it.each([
    "",
    "0",
    "1.5",
    "many",
    "257",
    "2026-12-01T00:00:00Z=8",
    "4;8",
    "4;2026-12-01=8",
    "4;2026-12-01T00:00:00Z=8;2026-11-01T00:00:00Z=16",
    "4;soonZ=8",
    "4;a=b=8",
  ])("refuses %j: a routing that is half understood would count twice", (text) => {
    expect(() => parseRouting(text)).toThrow("EVENT_SHARDS");
  });

  it("finds an event of before the change where it was, however late it is sent again", () => {
    const before = parseRouting("4");
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: start - 1 }), (id, stamp) => {
        expect(shardOf(grown, hash64(id), stamp)).toBe(shardOf(before, hash64(id), stamp));
      }),
    );
  });

  it("sends what has no time of its own to the first epoch, and garbage somewhere", () => {
    expect(shardIndex(grown, 7, 0)).toBe(3);
    expect(shardIndex(grown, 7, start)).toBe(7);
    expect(shardIndex(grown, 7, Number.NaN)).toBe(3);
    expect(shardIndex(grown, 7, -1)).toBe(3);
  });

  it("finds the shopper of an order whose id has no time where it was, however late the order is told again, and its money in the first epoch", () => {
    const random = new Uint8Array(16);
    const paid = (visitorId: string, at: number, placedAt?: number): OrderFact => {
      const orderId = makeId("ord", 0, random);
      const head = {
        v: 1,
        type: "order.paid",
        id: `order.paid:${orderId}`,
        orderId,
        cartId: "c",
        status: "paid",
      } as const;
      return {
        ...head,
        visitorId,
        version: 4,
        currency: "USD",
        total: 1,
        captured: 1,
        refunded: 0,
        lines: [],
        placedAt,
        at,
      };
    };
    const shardsOf = (fact: OrderFact): number[] => routeFact(fact, grown).map(({ shard }) => shard);
    for (let i = 0; i < 40; i++) {
      const visitor = `visitor ${i}`;
      const first = shardsOf(paid(visitor, start - 1_000, start - 5_000));
      expect(shardsOf(paid(visitor, start + 7_200_000, start - 5_000))).toEqual(first);
      // As a sender tells it that does not know the field yet: what was placed and told in one epoch is where it will be looked for.
      expect(shardsOf(paid(visitor, start - 1_000))).toEqual(first);
      expect(shardsOf(paid(visitor, start + 7_200_000))[0]).toBe(first[0]);
    }
  });

  it("uses every shard and slice about equally", () => {
    const shards = new Uint32Array(8);
    const slices = new Uint32Array(2);
    for (let i = 0; i < 8_000; i++) {
      const shard = shardIndex(grown, hash64(`visitor ${i}`).low, start);
      const slice = sliceIndex(`SKU-${i}`, 2);
      shards[shard] = (shards[shard] ?? 0) + 1;
      slices[slice] = (slices[slice] ?? 0) + 1;
    }
    for (const count of shards) expect(Math.abs(count - 1_000)).toBeLessThan(150);
    for (const count of slices) expect(Math.abs(count - 4_000)).toBeLessThan(300);
    expect(allShards(grown)).toHaveLength(8);
  });

  it("reads the time in our own ids", () => {
    const now = Date.UTC(2026, 10, 25, 9, 41);
    expect(timeOfId(makeId("ord", now, new Uint8Array(16)))).toBe(now);
    expect(timeOfId("ord_legacy-17")).toBe(0);
    expect(timeOfId("")).toBe(0);
  });
});
