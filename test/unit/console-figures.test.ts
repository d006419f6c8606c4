import { describe, expect, test } from "vitest";
import { explained } from "../../console/access/refusal.ts";
import { arrange, BY_TREND, chosen, inOrderOf, isAscending } from "../../console/figures/arrange.ts";
import { imbalanceOf } from "../../console/figures/balance.ts";
import { changeOf } from "../../console/figures/change.ts";
import { dollars, worth } from "../../console/figures/costs.ts";
import { Format, span } from "../../console/figures/format.ts";
import { lastHour, MINUTE_MS, underWay, wholeDay } from "../../console/figures/series.ts";
import { sparkPath } from "../../console/figures/spark.ts";
import { readRoute, writeRoute } from "../../console/shell/address.ts";
import { exponentOf } from "../../src/domain/currency.ts";
import type { MinuteRow } from "../../src/domain/live.ts";
import { LocalDays } from "../../src/domain/local-day.ts";
import { productOf } from "../support/boards.ts";

/** Goal: a figure says what is so, in the shop's money and the shop's time; what is not known is not shown as zero. */
describe("formatting", () => {
  const format = new Format({ currency: "EUR", time_zone: "Europe/Berlin" }, "en-GB");

  test("money is in its own currency, with as many digits as that has", () => {
    expect(format.money({ amount: 123_456, currency: "EUR" })).toBe("€1,234.56");
    expect(format.money({ amount: 5_000, currency: "JPY" })).toBe("JP¥5,000");
    expect(format.money({ amount: 1_234, currency: "KWD" })).toMatch(/KWD\s?1\.234/);
    expect(format.money({ amount: -50, currency: "EUR" })).toBe("-€0.50");
    expect(format.moneyWhole({ amount: 123_456, currency: "EUR" })).toBe("€1,235");
    expect(format.shopMoney(99)).toBe("€0.99");
    expect(format.money(null)).toBe("–");
  });

  test("money of no currency is a hundred or a thousand times too much, also where people write fewer digits than it has", () => {
    const serbian = new Format({ currency: "RSD", time_zone: "UTC" }, "en-US");
    expect(serbian.shopMoney(199_950)).toMatch(/^RSD\s1,999\.50$/);
    expect(serbian.moneyShort(1_200_000)).toMatch(/^RSD\s12K$/);
    for (const currency of Intl.supportedValuesOf("currency")) {
      const amount = 1_999 * 10 ** exponentOf(currency);
      const own = new Format({ currency, time_zone: "UTC" }, "en-US");
      expect(own.moneyWhole({ amount, currency })).toMatch(/1,999$/);
      expect(own.money({ amount, currency })).toMatch(/1,999(?:\.0+)?$/);
    }
  });

  test("an axis of a currency without digits is not off by a hundred", () => {
    expect(new Format({ currency: "JPY", time_zone: "UTC" }, "en-US").moneyShort(12_000)).toBe("¥12K");
    expect(format.moneyShort(1_200_000)).toBe("€12k");
  });

  test("times are those of the shop, wherever the browser is", () => {
    expect(format.time(Date.parse("2026-07-01T22:30:00Z"))).toBe("00:30");
    expect(format.date(Date.parse("2026-07-01T22:30:00Z"))).toBe("Thursday 2 July");
  });

  test("a share that is not known is not 0 %", () => {
    expect(format.share(null)).toBe("–");
    expect(format.share(0.0349)).toBe("3.5%");
  });

  test.each([
    [-5, "0.00 s"],
    [420, "0.42 s"],
    [1_240, "1.2 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [3_600_000, "1 h"],
    [200 * 3_600_000, "8 d"],
  ])("%i ms are said as %s", (ms, text) => expect(span(ms)).toBe(text));
});

describe("comparing with yesterday", () => {
  test.each([
    [110, 100, { direction: "up", share: 0.1 }],
    [75, 100, { direction: "down", share: 0.25 }],
    [100_001, 100_000, { direction: "level" }],
    [0, 0, { direction: "level", share: 0 }],
    [5, 0, { direction: "up", share: null }],
    [-50, -100, { direction: "up", share: 0.5 }],
  ] as const)("%i after %i", (today, yesterday, change) => {
    expect(changeOf(today, yesterday)).toMatchObject(
      "share" in change && change.share !== null ? { ...change, share: expect.closeTo(change.share) } : change,
    );
  });

  test("nothing recorded yesterday is nothing to compare with, not a rise", () => {
    expect(changeOf(5, null)).toBeNull();
    expect(changeOf(null, 5)).toBeNull();
  });
});

describe("the table", () => {
  const usd = (amount: number) => ({ amount, currency: "USD" });
  const rows = [
    productOf("B", { name: "Balm", views: 5, revenue: usd(100), trend: { score: 1, rank: 2 }, conversion: 0.2 }),
    productOf("A", { name: "apple scrub", views: 9, revenue: usd(900), trend: { score: 3, rank: 1 } }),
    productOf("C", { name: "Cream", views: 5, stock: { available: 3, on_hand: 4, as_of: "" }, conversion: 0.5 }),
  ];
  const skus = (arranged: typeof rows | readonly (typeof rows)[number][]) => arranged.map(({ sku }) => sku).join("");

  test("starts with what trends; a product without a rank comes last, whichever way it is sorted", () => {
    expect(skus(arrange(rows, BY_TREND))).toBe("ABC");
    expect(skus(arrange(rows, chosen(BY_TREND, "trend")))).toBe("BAC");
  });

  test.each([
    ["revenue", "ABC"],
    ["views", "ABC"],
    ["name", "ABC"],
    ["conversion", "CBA"],
    ["stock", "CAB"],
  ] as const)("a first choice of %s shows the end that matters", (sort, order) => {
    expect(skus(arrange(rows, chosen(BY_TREND, sort)))).toBe(order);
  });

  test("while nothing is ranked yet, the best selling is first", () => {
    const unranked = rows.map((row) => ({ ...row, trend: { score: 0, rank: null } }));
    expect(skus(arrange(unranked, BY_TREND))).toBe("ABC");
    expect(skus(arrange(unranked.toReversed(), BY_TREND))).toBe("ABC");
    const late = productOf("0", { revenue: usd(0) });
    expect(skus(arrange([late, ...unranked], BY_TREND))).toBe("AB0C");
  });

  test("choosing a column twice turns it round, and says so to a screen reader", () => {
    const once = chosen(BY_TREND, "revenue");
    expect([isAscending(once), isAscending(chosen(once, "revenue"))]).toEqual([false, true]);
    expect(skus(arrange(rows, chosen(once, "revenue")))).toBe("CBA");
    expect(isAscending(chosen(chosen(once, "revenue"), "name"))).toBe(true);
  });

  test("search finds every word in name, SKU, brand or category, and keeps the order", () => {
    expect(skus(arrange(rows, { ...BY_TREND, query: "saltmarsh serums" }))).toBe("ABC");
    expect(skus(arrange(rows, { ...BY_TREND, query: " BALM  " }))).toBe("B");
    expect(skus(arrange(rows, { ...BY_TREND, query: "balm cream" }))).toBe("");
  });

  test("an order that is held puts what is new at the end", () => {
    expect(skus(inOrderOf(rows, ["C", "A", "gone"]))).toBe("CAB");
  });
});

describe("minutes", () => {
  const now = Date.parse("2026-11-25T15:30:20Z");
  const minute = Math.floor(now / MINUTE_MS);
  const row = (at: number, revenue: number): MinuteRow => ({
    minute: at,
    revenue,
    orders: 1,
    views: 2,
    adds: 0,
    checkouts: 0,
  });

  test("the last hour ends with the last full minute; what was left out is zero, what was never recorded is not", () => {
    const { at, today, yesterday } = lastHour(
      [row(minute - 1_440 - 3, 7), row(minute - 1, 50), row(minute, 9)],
      "revenue",
      { now, days: new LocalDays("UTC") },
    );
    expect(at).toHaveLength(60);
    expect(at.at(-1)).toBe((minute - 1) * 60);
    expect(today.slice(-2)).toEqual([0, 50]);
    expect(yesterday.slice(-4)).toEqual([null, 7, 0, 0]);
  });

  test("a day is means per minute in steps of ten minutes, up to the last step that is over", () => {
    const startsAt = Date.parse("2026-11-25T05:00:00Z");
    const start = startsAt / MINUTE_MS;
    const { at, today } = wholeDay([row(start, 100), row(start + 9, 100), row(minute, 7)], "revenue", {
      startsAt,
      now,
      days: new LocalDays("America/New_York"),
    });
    expect(at).toHaveLength(144);
    expect(today[0]).toBe(20);
    expect(today[62]).toBe(0);
    expect(today[63]).toBeNull();
  });

  test.each([
    // The clocks of Berlin go back on the 25th of October, and forward on the 29th of March.
    ["25 hours", "2026-10-24T22:00Z", 150, "2026-10-25T22:59Z", "2026-10-25T11:00Z", "2026-10-24T10:00Z"],
    ["23 hours", "2026-03-28T23:00Z", 138, "2026-03-29T21:59Z", "2026-03-29T10:00Z", "2026-03-28T11:00Z"],
  ])(
    "a day of %s is drawn to its end and not beyond, beside yesterday by the clock",
    (_, from, steps, last, noon, before) => {
      const minuteOf = (time: string): number => Date.parse(time) / MINUTE_MS;
      const rows = [row(minuteOf(from) - 1_440, 1), row(minuteOf(before), 70), row(minuteOf(last), 50)];
      const { at, today, yesterday } = wholeDay(rows, "revenue", {
        startsAt: Date.parse(from),
        now: Date.parse(last) + MINUTE_MS,
        days: new LocalDays("Europe/Berlin"),
      });
      expect([at.length, today.at(-1)]).toEqual([steps, 5]);
      expect(yesterday[at.indexOf(minuteOf(noon) * 60)]).toBe(7);
    },
  );

  test("an hour that yesterday's clocks skipped is nothing to compare with, and the last hour is compared by the clock", () => {
    const days = new LocalDays("Europe/Berlin");
    const startsAt = Date.parse("2026-03-29T22:00Z");
    const first = row(Date.parse("2026-03-28T23:00Z") / MINUTE_MS, 1);
    const noon = row(Date.parse("2026-03-29T10:00Z") / MINUTE_MS, 70);
    const { yesterday } = wholeDay([first, noon], "revenue", { startsAt, now: startsAt, days });
    expect(yesterday.flatMap((value, step) => (value === null ? step : []))).toEqual([12, 13, 14, 15, 16, 17]);
    const dayBefore = [row(startsAt / MINUTE_MS - 2_880, 1), row(Date.parse("2026-03-28T11:00Z") / MINUTE_MS, 50)];
    const hour = lastHour(dayBefore, "revenue", { now: Date.parse("2026-03-29T10:30Z"), days });
    expect(hour.yesterday[30]).toBe(50);
  });

  test("the minute under way is told apart", () => {
    expect(underWay([row(minute - 1, 50), row(minute, 9)], "revenue", now)).toBe(9);
    expect(underWay([], "revenue", now)).toBe(0);
  });
});

describe("sparklines", () => {
  test("stay inside their box whatever the values, and a single view is no mountain", () => {
    const size = { width: 92, height: 24 };
    const { line, last } = sparkPath([0, 1, 500, -3], size);
    const numbers = [...line.matchAll(/[\d.]+/g)].map(([text]) => Number(text));
    expect(Math.max(...numbers.filter((_, index) => index % 2 === 1))).toBeLessThanOrEqual(24);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(last?.x).toBeLessThanOrEqual(92);
    expect(sparkPath([0, 1], size).last?.y).toBeGreaterThan(15);
    expect(sparkPath([4], size)).toEqual({ line: "", area: "", last: null });
  });
});

describe("the ledger", () => {
  test("is off by what is lost or counted twice, and by nothing else", () => {
    const ledger = {
      received: 10,
      applied: 5,
      duplicate: 2,
      late: 1,
      rejected: 1,
      pending: 1,
      rejected_by: [],
      facts: [],
    };
    expect(imbalanceOf(ledger)).toBe(0);
    expect(imbalanceOf({ ...ledger, applied: 4 })).toBe(1);
    expect(imbalanceOf({ ...ledger, applied: 7 })).toBe(-2);
  });
});

describe("addresses", () => {
  test.each(["#/live", "#/live/operator", "#/live/product/A%2FB%20%25"])("%s is read and written alike", (hash) => {
    expect(writeRoute(readRoute(hash))).toBe(hash);
  });

  test("one that means nothing, or is broken, opens nothing", () => {
    expect(readRoute("")).toEqual({ screen: "", open: null });
    expect(readRoute("#/live/nothing/x")).toEqual({ screen: "live", open: null });
    expect(readRoute("#/live/product/%E0%A4%A")).toMatchObject({ open: { sku: "%E0%A4%A" } });
  });
});

describe("refusals", () => {
  test("say what to do about it", () => {
    expect(explained({ reason: "unauthorized", detail: "" })).toMatch(/does not know this key/);
    expect(explained({ reason: "unauthorized", detail: "the one that was sent is revoked." })).toMatch(/is revoked/);
    expect(explained({ reason: "missing_scope", detail: "", scope: "metrics:read" })).toMatch(
      /lacks the scope metrics:read/,
    );
    expect(explained({ reason: "unreachable", detail: "gone" })).toBe("gone");
  });
});

describe("prices", () => {
  test.each([
    [0, "$0.00"],
    [0.000_132_53, "$0.000133"],
    [0.000_000_012, "$0.00000001"],
    [0.5, "$0.500"],
    [12.345, "$12.35"],
    [-3, "\u2212$3.00"],
  ])("%d is shown as %s", (amount, shown) => expect(dollars(amount)).toBe(shown));

  test("says whether advice saves or costs, and nothing where it is not about money", () => {
    expect(worth(12)).toBe("saves $12.00 a month");
    expect(worth(-0.4)).toBe("costs $0.400 a month");
    expect(worth(0.0001)).toBe("costs nothing");
  });
});
