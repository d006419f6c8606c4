import { describe, expect, test } from "vitest";
import {
  type LedgerSample,
  rejectedShare,
  shopFigures,
  withSample,
  worstErrorShare,
} from "../../src/domain/alerts/figures.ts";
import type { AlertRecord } from "../../src/domain/alerts/record.ts";
import { boardAlerts } from "../../src/domain/board/alerts.ts";
import { shopDay } from "../../src/domain/board/day.ts";
import { missed, seeShard, unseenShard } from "../../src/domain/board/sources.ts";
import type { ShardSummary } from "../../src/domain/events/summary.ts";
import { LocalDays } from "../../src/domain/local-day.ts";
import { countsOf, moneyOf, shardSummary } from "../support/board-summaries.ts";

/** Goal: what rules about the shop watch is right, and absent rather than wrong. Threat: an alert made of missing data, or of three sessions. */
const NOW = Date.parse("2026-11-27T15:30:20Z");
const MINUTE = Math.floor(NOW / 60_000);
const day = shopDay(NOW, "UTC", new LocalDays("UTC"));
const options = { now: NOW, day, currency: "USD", eventToFrame: null };

const see = (summary: ShardSummary) =>
  seeShard(unseenShard("shard-0"), summary, NOW, Math.floor(day.yesterdayStartsAt / 60_000));
const figures = (change: Partial<ShardSummary>) => shopFigures([see(shardSummary(change))], options);
const sessions = (minute: number, view: number, purchase: number) =>
  countsOf(minute, { funnel: { view, add: 0, checkout: 0, purchase } });

describe("figures of the shop", () => {
  test("are absent as a whole while a shard is silent (pitfall 21)", () => {
    const well = see(shardSummary());
    expect(shopFigures([well], options)).toBeDefined();
    expect(shopFigures([well, missed(unseenShard("shard-1"), NOW)], options)).toBeUndefined();
    expect(shopFigures([well, missed(well, NOW)], options)).toBeUndefined();
  });

  test("conversion against the same hour of yesterday, and nothing of too few sessions", () => {
    const yesterday = sessions(MINUTE - 1_440, 200, 40);
    const halved = figures({ counts: [yesterday, sessions(MINUTE - 5, 200, 20)] })?.measured;
    expect(halved?.["conversion.last_60m"]).toBeCloseTo(0.1);
    expect(halved?.["conversion.against_yesterday"]).toBeCloseTo(0.5);
    const few = figures({ counts: [yesterday, sessions(MINUTE - 5, 99, 0)] })?.measured;
    expect([few?.["conversion.last_60m"], few?.["conversion.against_yesterday"]]).toEqual([undefined, undefined]);
    const earlier = figures({ counts: [sessions(MINUTE - 1_520, 200, 40), sessions(MINUTE - 5, 200, 20)] })?.measured;
    expect(earlier?.["conversion.against_yesterday"]).toBeUndefined();
  });

  test("no orders for ten minutes says something only where there were many in the hour before", () => {
    const lastAt = (minute: number, orders: number) =>
      figures({ money: [moneyOf(minute, { orders, captured: 100 })] })?.measured["orders.last_10m"];
    expect(lastAt(MINUTE - 10, 36)).toBe(0);
    expect(lastAt(MINUTE - 10, 35)).toBeUndefined();
    expect(lastAt(MINUTE - 70, 36)).toBeUndefined();
  });

  test("orders that are back after hours without one are measured at once, so that the alert of it ends", () => {
    const back = (orders: number) =>
      figures({ money: [moneyOf(MINUTE - 200, { orders: 500 }), moneyOf(MINUTE - 1, { orders })] })?.measured[
        "orders.last_10m"
      ];
    expect([back(5), back(6), back(50)]).toEqual([undefined, 6, 50]);
  });

  test("revenue is the mean of five whole minutes, refunds taken off", () => {
    const money = [moneyOf(MINUTE - 1, { captured: 9_000, refunded: 4_000 }), moneyOf(MINUTE, { captured: 1_000_000 })];
    expect(figures({ money })?.measured["revenue.per_minute"]).toBe(1_000);
  });

  test("abandonment is of carts that were left or bought, and absent with fewer than twenty", () => {
    const left = (abandoned: number, orders: number) =>
      figures({
        counts: [countsOf(MINUTE - 30, { abandoned }), countsOf(MINUTE - 61, { abandoned: 1_000 })],
        money: [moneyOf(MINUTE - 3, { orders, captured: 100 })],
      })?.measured["abandonment.last_60m"];
    expect([left(15, 5), left(14, 5)]).toEqual([0.75, undefined]);
  });

  test("latency is what the board measured, and absent while nobody watches", () => {
    const p99 = (eventToFrame: { p50: number; p99: number; count: number } | null) =>
      shopFigures([see(shardSummary())], { ...options, eventToFrame })?.measured["latency.event_to_frame_p99"];
    expect([p99({ p50: 90, p99: 640, count: 900 }), p99(null)]).toEqual([640, undefined]);
  });

  test("the error share is that of the stage that fails most, of those that did enough to say so", () => {
    const stage = (ok: number, errors: number) => ({ ok, errors });
    expect(worstErrorShare([stage(95, 5), stage(15, 5), stage(0, 19)])).toBe(0.25);
    expect(worstErrorShare([stage(0, 19), stage(0, 0)])).toBeUndefined();
  });

  test("rejected events are a share of those of the last ten minutes, not of all time", () => {
    const sample = (minutes: number, received: number, rejected: number): LedgerSample => ({
      at: minutes * 60_000,
      received,
      rejected,
    });
    const play = (samples: readonly LedgerSample[]) => rejectedShare(samples.reduce(withSample, [] as LedgerSample[]));
    expect(play([sample(0, 1_000_000, 0)])).toBeUndefined();
    expect(play([sample(0, 1_000_000, 0), sample(0.5, 1_000_200, 100)])).toBeUndefined();
    expect(play([sample(0, 1_000_000, 0), sample(5, 1_000_200, 100)])).toBe(0.5);
    expect(play([sample(0, 0, 0), sample(5, 50, 50)])).toBeUndefined();
    expect(play([sample(0, 0, 0), sample(9, 500, 500), sample(12, 1_000, 500)])).toBe(0);
  });
});

describe("alerts on the board", () => {
  const record = (
    over: Omit<Partial<AlertRecord>, "rule"> & { readonly rule?: Partial<AlertRecord["rule"]> },
  ): AlertRecord => ({
    seq: 1,
    id: `alert_${over.rule?.id ?? "low"}`,
    subject: { kind: "product", key: "SKU", name: "Tide Serum" },
    value: 9,
    worst: 4,
    since: NOW,
    firedAt: NOW,
    told: true,
    ...over,
    rule: {
      id: "low",
      version: 1,
      name: "Low",
      metric: "stock.available",
      comparator: "below",
      threshold: 10,
      clear: 20,
      severity: "warning",
      ...over.rule,
    },
  });

  test("what is sold out says so, with its product", () => {
    const out = record({ rule: { id: "out", severity: "critical", threshold: 1, clear: 5 }, value: 0 });
    expect(boardAlerts([out], [])).toMatchObject([
      { id: "alert_out", kind: "stock_out", severity: "critical", title: "Tide Serum is sold out", sku: "SKU" },
    ]);
  });

  test("what is left is told as it is now, and not as it was when the alert fired", () => {
    const low = [{ sku: "SKU", name: "Tide Serum, 15 ml", available: 4, since: NOW }];
    expect(boardAlerts([record({})], low)).toMatchObject([
      { title: "Tide Serum, 15 ml is running low", detail: "4 left to sell", kind: "stock_low" },
    ]);
  });

  test("a rollback names the path, and says what is to be done", () => {
    const rolledBack = record({
      subject: { kind: "flag", key: "checkout.write", name: "checkout.write" },
      value: 1,
      rule: { id: "rollback", metric: "flag.rolled_back", comparator: "above", threshold: 0, clear: 0 },
    });
    expect(boardAlerts([rolledBack], [])).toMatchObject([
      {
        kind: "metric",
        flag: "checkout.write",
        title: "checkout.write was rolled back",
        detail: expect.stringContaining("rearms"),
      },
    ]);
  });

  test("what nobody has seen comes first, then the worse, and muted last", () => {
    const shop = { subject: { kind: "shop", key: "", name: "" } as const, value: 0.42 };
    const metric = { metric: "conversion.against_yesterday", threshold: 0.5 } as const;
    const muted = record({ ...shop, mutedUntil: NOW + 1, rule: { id: "muted", severity: "critical", ...metric } });
    const seen = record({
      ...shop,
      acknowledged: { at: NOW, by: "ada", note: "" },
      rule: { id: "seen", severity: "critical", ...metric },
    });
    const fresh = record({ ...shop, rule: { id: "fresh", severity: "info", ...metric, name: "Conversion" } });
    const rows = boardAlerts([muted, seen, fresh], []);
    expect(rows.map(({ rule }) => rule)).toEqual(["fresh", "seen", "muted"]);
    expect(rows[0]).toMatchObject({ kind: "metric", title: "Conversion", detail: "42 %, below 50 %" });
  });
});
