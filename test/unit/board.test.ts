/**
 * Goal: the board says what the shards and slices know, whichever answered first, and a browser that applies changes has the board of the
 * server. Threat: a figure that depends on the order of answers, a silent source that reads as zero, a day that is not the shop's.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeBoard } from "../../src/domain/board/board.ts";
import { applyChange, diffBoards } from "../../src/domain/board/change.ts";
import { shopDay } from "../../src/domain/board/day.ts";
import { missed, seeShard, seeSlice, unseenShard, unseenSlice } from "../../src/domain/board/sources.ts";
import { hash64 } from "../../src/domain/events/hash.ts";
import { addToSketch, emptySketch } from "../../src/domain/events/hyperloglog.ts";
import type { ShardSummary, SliceSummary } from "../../src/domain/events/summary.ts";
import type { Board } from "../../src/domain/live.ts";
import { LocalDays } from "../../src/domain/local-day.ts";
import { day, frame, MINUTE, NOW, since } from "../support/board-frame.ts";
import {
  anyFigures,
  anyShardSummary,
  countsOf,
  figuresOf,
  minuteOf,
  moneyOf,
  shardSummary,
  sliceSummary,
} from "../support/board-summaries.ts";

const seen = (summaries: readonly ShardSummary[]) =>
  summaries.map((summary, i) => seeShard(unseenShard(`shard-${i}`), summary, NOW, since));
const slicesOf = (summaries: readonly SliceSummary[]) =>
  summaries.map((summary, i) => seeSlice(unseenSlice(`slice-${i}`), summary, NOW));
const boardOf = (shards: readonly ShardSummary[], slices: readonly SliceSummary[] = []): Board =>
  mergeBoard({ shards: seen(shards), slices: slicesOf(slices) }, frame);

const anySlices = fc
  .array(fc.subarray(["A", "B", "C", "D", "E", "F"]), { minLength: 1, maxLength: 3 })
  .chain((skus) => fc.tuple(...skus.map((own, i) => fc.tuple(...own.map((sku) => anyFigures(`${i}-${sku}`))))))
  .map((slices) => slices.map((products) => sliceSummary({ products })));
const anyShards = fc.array(anyShardSummary(MINUTE, day.date), { maxLength: 4 });

describe("merging", () => {
  test("the order of shards and slices changes nothing", () => {
    fc.assert(
      fc.property(anyShards, anySlices, fc.integer(), (shards, slices, seed) => {
        const shuffled = <T>(items: readonly T[]): T[] =>
          items
            .map((item, i) => ({ item, key: (i + 1) * (seed | 1) }))
            .sort((a, b) => (a.key % 7) - (b.key % 7))
            .map(({ item }) => item);
        const views = { shards: seen(shards), slices: slicesOf(slices) };
        const other = { shards: shuffled(views.shards), slices: shuffled(views.slices) };
        expect(mergeBoard(other, frame)).toEqual(mergeBoard(views, frame));
      }),
    );
  });

  test("summaries that come piece by piece make the board of one that tells everything", () => {
    fc.assert(
      fc.property(fc.array(anyShardSummary(MINUTE, day.date), { minLength: 1, maxLength: 5 }), (pieces) => {
        let view = unseenShard("shard-0");
        for (const piece of pieces) view = seeShard(view, { ...piece, life: "a" }, NOW, since);
        const last = pieces.at(-1);
        const all = {
          ...shardSummary(last),
          life: "a",
          counts: pieces.flatMap(({ counts }) => counts),
          money: pieces.flatMap(({ money }) => money),
        };
        const whole = seeShard(unseenShard("shard-0"), all, NOW, since);
        const boards = [view, whole].map((shard) => mergeBoard({ shards: [shard], slices: [] }, frame));
        expect(boards[0]).toEqual(boards[1]);
      }),
    );
  });

  test("a shard that starts anew takes back what it no longer knows", () => {
    const before = shardSummary({
      life: "a",
      counts: [countsOf(MINUTE, { views: 5 }), countsOf(MINUTE - 1, { views: 3 })],
    });
    const after = shardSummary({ life: "b", counts: [countsOf(MINUTE, { views: 4 })] });
    const view = seeShard(seeShard(unseenShard("shard-0"), before, NOW, since), after, NOW, since);
    expect(mergeBoard({ shards: [view], slices: [] }, frame).totals.views).toBe(4);
  });

  test("a source that does not answer keeps what it said, and the board says since when it is silent", () => {
    const view = seeShard(unseenShard("shard-0"), shardSummary({ visitorsNow: 7 }), NOW - 5_000, since);
    const silent = missed(missed(view, NOW - 1_000), NOW);
    const board = mergeBoard({ shards: [silent], slices: [missed(unseenSlice("slice-0"), NOW - 300)] }, frame);
    expect(board.totals.visitors_now).toBe(7);
    expect(board.shards[0]?.stale_since).toBe(new Date(NOW - 5_000).toISOString());
    expect(board.slices?.[0]?.stale_since).toBe(new Date(NOW - 300).toISOString());
    expect(board.freshness.behind_ms).toBe(5_000);
  });
});

describe("figures", () => {
  test("today is compared with yesterday until the same time, and with nothing when nothing was recorded", () => {
    const paid = (at: string, captured: number) => moneyOf(minuteOf(at), { captured, orders: 1, units: 2 });
    const today = [paid("2026-11-27T00:00Z", 1_000), paid("2026-11-27T15:30Z", 2_001)];
    const yesterday = [paid("2026-11-26T15:29Z", 500), paid("2026-11-26T15:30Z", 7_000), paid("2026-11-25T23:59Z", 9)];
    const { totals } = boardOf([shardSummary({ money: [...today, ...yesterday] })]);
    expect(totals.revenue).toEqual({
      today: { amount: 3_001, currency: "USD" },
      yesterday: { amount: 500, currency: "USD" },
    });
    expect(totals.average_order_value.today).toEqual({ amount: 1_501, currency: "USD" });
    expect(totals.units).toBe(4);
    expect(boardOf([shardSummary({ money: today })]).totals.revenue.yesterday).toBeNull();
  });

  test("other currencies are kept apart, and refunds are subtracted", () => {
    const money = [
      moneyOf(MINUTE, { captured: 1_000, refunded: 400, orders: 1 }),
      moneyOf(MINUTE, { currency: "EUR", captured: 700, orders: 1 }),
    ];
    const { totals, minutes } = boardOf([shardSummary({ money })]);
    expect(totals.revenue.today.amount).toBe(600);
    expect(totals.refunds.amount).toBe(400);
    expect(totals.orders.today).toBe(1);
    expect(totals.other_currencies).toEqual([{ amount: 700, currency: "EUR" }]);
    expect(minutes).toEqual([{ minute: MINUTE, revenue: 600, orders: 1, views: 0, adds: 0, checkouts: 0 }]);
  });

  test("the funnel names the step that loses the largest share of those before it", () => {
    const funnel = { view: 100, add: 40, checkout: 10, purchase: 9 };
    const board = boardOf([shardSummary({ counts: [countsOf(MINUTE, { funnel })] })]);
    expect(board.funnel.steps.map(({ sessions }) => sessions)).toEqual([100, 40, 10, 9]);
    expect(board.funnel.largest_drop).toBe("checkout");
    expect(board.totals.conversion.today).toBe(0.09);
    expect(boardOf([]).funnel.largest_drop).toBeNull();
    expect(boardOf([]).totals.conversion.today).toBeNull();
  });

  test("of carts that ended today, so many were abandoned", () => {
    const counts = [countsOf(MINUTE, { abandoned: 3 })];
    const money = [moneyOf(MINUTE, { abandonedValue: 9_000 }), moneyOf(MINUTE, { currency: "EUR", orders: 1 })];
    expect(boardOf([shardSummary({ counts, money })]).totals.abandoned).toEqual({
      carts: 3,
      value: { amount: 9_000, currency: "USD" },
      rate: 0.75,
    });
  });

  test("only the first so many are ranked by trend, and the best selling are shown beside them", () => {
    const slices = [
      sliceSummary({ products: [figuresOf("hot", { trendScore: 9 }), figuresOf("cold", { revenue: { USD: 500 } })] }),
      sliceSummary({ products: [figuresOf("warm", { trendScore: 5, revenue: { USD: 900 } }), figuresOf("x")] }),
    ];
    const { products } = mergeBoard({ shards: [], slices: slicesOf(slices) }, { ...frame, top: 2 });
    expect(products.map(({ sku, trend }) => [sku, trend.rank])).toEqual([
      ["hot", 1],
      ["warm", 2],
      ["cold", null],
    ]);
  });
});

describe("unique visitors", () => {
  /** Hashes of `count` visitors, well mixed. */
  function sketchOf(count: number, from = 0): Uint8Array {
    const sketch = emptySketch();
    for (let i = from; i < from + count; i++) {
      const { high, low } = hash64(`visitor-${i}`);
      addToSketch(sketch, high, low);
    }
    return sketch;
  }
  const uniques = (registers: Uint8Array, date = day.date) => shardSummary({ uniques: { date, registers } });

  test("who was seen by two shards counts once, and who was seen yesterday not at all", () => {
    const shards = [uniques(sketchOf(3_000)), uniques(sketchOf(3_000, 2_000)), uniques(sketchOf(9_000), "2026-11-26")];
    const { visitors_today: visitors } = boardOf(shards).totals;
    expect(visitors).toBe(boardOf([uniques(sketchOf(5_000))]).totals.visitors_today);
    expect(Math.abs(visitors - 5_000)).toBeLessThan(5_000 * 3 * 0.0081);
  });
});

describe("changes", () => {
  test("applied to the old board they give the new one, in the same order", () => {
    fc.assert(
      fc.property(anyShards, anySlices, anyShards, anySlices, (shards, slices, later, laterSlices) => {
        const [before, after] = [boardOf(shards, slices), boardOf([...shards, ...later], laterSlices)];
        const change = diffBoards(before, after);
        if (change)
          expect(JSON.parse(JSON.stringify(applyChange(before, change)))).toEqual(JSON.parse(JSON.stringify(after)));
        const kept = new Set(after.minutes.map(({ minute }) => minute));
        expect(change === undefined).toBe(before.minutes.some(({ minute }) => !kept.has(minute)));
      }),
    );
  });

  test("nothing is told of what did not change", () => {
    const money = [moneyOf(MINUTE - 1, { captured: 5 })];
    const products = [figuresOf("A", { views: 1, trendScore: 1 }), figuresOf("B", { trendScore: 2 })];
    const before = boardOf([shardSummary({ money })], [sliceSummary({ products })]);
    expect(diffBoards(before, structuredClone(before))).toEqual({});
    const viewed = [figuresOf("A", { views: 2, trendScore: 1 }), figuresOf("B", { trendScore: 2 })];
    const after = boardOf([shardSummary({ money })], [sliceSummary({ products: viewed })]);
    expect(diffBoards(before, after)).toEqual({ products: { set: [after.products[1]], gone: [] } });
  });
});

describe("the shop's day", () => {
  const at = (text: string): number => Date.parse(text);

  test.each([
    // A normal day, a day of 23 hours, a day of 25 hours, one that does not begin at midnight, and the far side of the date line.
    [
      "2026-11-27T03:00Z",
      "America/New_York",
      "2026-11-26",
      "2026-11-26T05:00Z",
      "2026-11-25T05:00Z",
      "2026-11-26T03:00Z",
    ],
    ["2026-03-29T12:00Z", "Europe/Berlin", "2026-03-29", "2026-03-28T23:00Z", "2026-03-27T23:00Z", "2026-03-28T13:00Z"],
    ["2026-10-25T12:00Z", "Europe/Berlin", "2026-10-25", "2026-10-24T22:00Z", "2026-10-23T22:00Z", "2026-10-24T11:00Z"],
    ["2026-10-26T12:00Z", "Europe/Berlin", "2026-10-26", "2026-10-25T23:00Z", "2026-10-24T22:00Z", "2026-10-25T12:00Z"],
    // The last hour of the day after one of 23 hours.
    ["2026-03-30T21:30Z", "Europe/Berlin", "2026-03-30", "2026-03-29T22:00Z", "2026-03-28T23:00Z", "2026-03-29T21:30Z"],
    [
      "2018-11-04T12:00Z",
      "America/Sao_Paulo",
      "2018-11-04",
      "2018-11-04T03:00Z",
      "2018-11-03T03:00Z",
      "2018-11-03T13:00Z",
    ],
    [
      "2026-06-01T11:00Z",
      "Pacific/Kiritimati",
      "2026-06-02",
      "2026-06-01T10:00Z",
      "2026-05-31T10:00Z",
      "2026-05-31T11:00Z",
    ],
  ])("%s in %s is %s", (now, timeZone, date, startsAt, yesterdayStartsAt, yesterdayUntil) => {
    expect(shopDay(at(now), timeZone, new LocalDays(timeZone))).toEqual({
      date,
      timeZone,
      startsAt: at(startsAt),
      yesterdayStartsAt: at(yesterdayStartsAt),
      yesterdayUntil: at(yesterdayUntil),
    });
  });

  test("every instant lies in its day, whatever the time zone", () => {
    const zones = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu");
    const instants = fc.integer({ min: at("2024-01-01T00:00Z"), max: at("2028-01-01T00:00Z") });
    fc.assert(
      fc.property(instants, zones, (now, timeZone) => {
        const { startsAt, yesterdayStartsAt, yesterdayUntil } = shopDay(now, timeZone, new LocalDays(timeZone));
        const hours = (now - startsAt) / 3_600_000;
        expect(hours >= 0 && hours < 25).toBe(true);
        expect([22, 23, 24, 25, 26].some((n) => Math.abs((startsAt - yesterdayStartsAt) / 3_600_000 - n) <= 0.5)).toBe(
          true,
        );
        expect(yesterdayUntil >= yesterdayStartsAt && yesterdayUntil <= startsAt).toBe(true);
      }),
    );
  });
});
