import fc from "fast-check";
import type {
  MinuteCounts,
  MinuteMoney,
  ProductFigures,
  ShardSummary,
  SliceSummary,
} from "../../src/domain/events/summary.ts";

/** A quiet minute of event time, to be told apart by what a test sets. */
export const minuteOf = (at: string): number => Date.parse(at) / 60_000;

export const countsOf = (minute: number, counts: Partial<MinuteCounts> = {}): MinuteCounts => ({
  minute,
  views: 0,
  adds: 0,
  checkouts: 0,
  abandoned: 0,
  funnel: { view: 0, add: 0, checkout: 0, purchase: 0 },
  ...counts,
});

export const moneyOf = (minute: number, money: Partial<MinuteMoney> = {}): MinuteMoney => ({
  minute,
  currency: "USD",
  captured: 0,
  refunded: 0,
  orders: 0,
  units: 0,
  abandonedValue: 0,
  ...money,
});

export const shardSummary = (change: Partial<ShardSummary> = {}): ShardSummary => ({
  name: "shard-0",
  life: "a",
  version: 1,
  ledger: { received: 0, applied: 0, duplicate: 0, late: 0, pending: 0, rejectedBy: {}, facts: [] },
  counts: [],
  money: [],
  visitorsNow: 0,
  sessions: 0,
  receipts: [],
  rowsWritten: 0,
  unpushedSince: null,
  ...change,
});

export const figuresOf = (sku: string, change: Partial<ProductFigures> = {}): ProductFigures => ({
  sku,
  name: sku,
  category: "unknown",
  brand: "",
  image: "",
  enriched: false,
  views: 0,
  adds: 0,
  checkouts: 0,
  orders: 0,
  units: 0,
  revenue: {},
  trendScore: 0,
  stock: null,
  spark: [],
  ...change,
});

export const sliceSummary = (change: Partial<SliceSummary> = {}): SliceSummary => ({
  name: "slice-0",
  life: "a",
  version: 1,
  products: [],
  low: [],
  facts: [],
  rowsWritten: 0,
  ...change,
});

const count = fc.nat({ max: 50 });

/** Minutes of one day and the one before, few enough that shards meet in them. */
export const anyCounts = (minute: number, minutes: number): fc.Arbitrary<MinuteCounts> =>
  fc.record({
    minute: fc.integer({ min: minute - minutes, max: minute }),
    views: count,
    adds: count,
    checkouts: count,
    abandoned: count,
    funnel: fc.record({ view: count, add: count, checkout: count, purchase: count }),
  });

export const anyMoney = (minute: number, minutes: number): fc.Arbitrary<MinuteMoney> =>
  fc.record({
    minute: fc.integer({ min: minute - minutes, max: minute }),
    currency: fc.constantFrom("USD", "EUR"),
    captured: count,
    refunded: count,
    orders: count,
    units: count,
    abandonedValue: count,
  });

export const anyShardSummary = (minute: number, date: string): fc.Arbitrary<ShardSummary> =>
  fc.record({
    name: fc.constant("shard"),
    life: fc.constantFrom("a", "b"),
    version: fc.nat(),
    ledger: fc.record({
      received: count,
      applied: count,
      duplicate: count,
      late: count,
      pending: count,
      rejectedBy: fc.dictionary(fc.constantFrom("too_large", "missing_user"), count),
      facts: fc.uniqueArray(fc.record({ type: fc.constantFrom("order.paid", "cart.added"), count, lastAt: count }), {
        selector: ({ type }) => type,
      }),
    }),
    counts: fc.array(anyCounts(minute, 2_000), { maxLength: 8 }),
    money: fc.array(anyMoney(minute, 2_000), { maxLength: 8 }),
    visitorsNow: count,
    sessions: count,
    uniques: fc.uint8Array({ minLength: 64, maxLength: 64, max: 20 }).map((registers) => ({ date, registers })),
    receipts: fc.constant([]),
    rowsWritten: count,
    unpushedSince: fc.option(fc.nat()),
  });

export const anyFigures = (sku: string): fc.Arbitrary<ProductFigures> =>
  fc.record({
    sku: fc.constant(sku),
    name: fc.constant(sku),
    category: fc.constantFrom("unknown", "serums"),
    brand: fc.constant(""),
    image: fc.constant(""),
    enriched: fc.boolean(),
    views: count,
    adds: count,
    checkouts: count,
    orders: count,
    units: count,
    revenue: fc.dictionary(fc.constantFrom("USD", "EUR"), count),
    trendScore: fc.double({ min: 0, max: 100, noNaN: true }),
    stock: fc.option(fc.record({ available: count, onHand: count, asOf: fc.nat() })),
    spark: fc.array(count, { minLength: 3, maxLength: 3 }),
  });
