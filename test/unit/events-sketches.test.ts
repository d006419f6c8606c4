import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hash64 } from "../../src/domain/events/hash.ts";
import { addToSketch, emptySketch, estimateDistinct, mergeSketch } from "../../src/domain/events/hyperloglog.ts";
import { Sessions, SESSION_IDLE_MS } from "../../src/domain/events/sessions.ts";
import { addToTrend, noTrend, TREND_MIN_SUPPORT, type Trend, trendScore } from "../../src/domain/events/trend.ts";
import { LocalDays } from "../../src/domain/local-day.ts";

const MINUTE = 60_000;

describe("distinct visitors", () => {
  const sketchOf = (from: number, to: number): Uint8Array => {
    const sketch = emptySketch();
    for (let i = from; i < to; i++) {
      const { high, low } = hash64(`visitor-${i}`);
      addToSketch(sketch, high, low);
    }
    return sketch;
  };

  it.each([0, 1, 10, 100, 1_000, 10_000, 50_000, 200_000, 600_000])(
    "are estimated within three standard errors of an exact set: %i",
    (exact) => {
      const estimate = estimateDistinct(sketchOf(0, exact));
      // Standard error 0.81 %; below that a sketch this large is nearly exact.
      expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(Math.max(1, exact * 3 * 0.0081));
    },
  );

  it("have the standard error that is stated, over many sets", () => {
    const size = 20_000;
    const errors = Array.from(
      { length: 40 },
      (_, i) => estimateDistinct(sketchOf(i * size, (i + 1) * size)) / size - 1,
    );
    const mean = errors.reduce((a, b) => a + b, 0) / errors.length;
    const deviation = Math.sqrt(errors.reduce((a, b) => a + b * b, 0) / errors.length);
    expect(Math.abs(mean)).toBeLessThan(0.004);
    expect(deviation).toBeLessThan(0.0081 * 1.3);
  });

  it("of several shards are merged as if they had been counted in one, and repeats change nothing", () => {
    const merged = emptySketch();
    for (const shard of [sketchOf(0, 6_000), sketchOf(4_000, 10_000), sketchOf(0, 100)]) mergeSketch(merged, shard);
    expect(merged).toEqual(sketchOf(0, 10_000));
  });
});

describe("sessions", () => {
  const steps = { view: 0, add: 1, checkout: 2, purchase: 3 };

  /** The same, plainly: a session is a run of events with no gap over 30 minutes. */
  it("agree with a plain model: each step is reached once, and implies the ones before it", () => {
    const event = fc.record({
      visitor: fc.nat(8),
      waitMs: fc.constantFrom(0, 1_000, 10 * MINUTE, 29 * MINUTE, SESSION_IDLE_MS, SESSION_IDLE_MS + 1, 50 * MINUTE),
      step: fc.integer({ min: -1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const sessions = new Sessions(12_345);
        const model = new Map<number, { last: number; reached: Set<number> }>();
        let now = 1_000_000;
        for (const { visitor, waitMs, step } of events) {
          now += waitMs;
          const known = model.get(visitor);
          const session =
            known && now - known.last <= SESSION_IDLE_MS ? known : { last: now, reached: new Set<number>() };
          model.set(visitor, session);
          session.last = now;
          let expected = 0;
          for (let each = 0; each <= step; each++) {
            if (!session.reached.has(each)) expected |= 1 << each;
            session.reached.add(each);
          }
          expect(sessions.touch(visitor, visitor * 7, now, step)).toBe(expected);
        }
        expect(sessions.size).toBe(model.size);
        const active = [...model.values()].filter(({ last }) => last >= now - 5 * MINUTE).length;
        expect(sessions.activeSince(now - 5 * MINUTE)).toBe(active);
        const copy = new Sessions(999);
        copy.restore(sessions.columns());
        expect(copy.activeSince(0)).toBe(sessions.size);
      }),
    );
  });

  it("an event that comes late joins the session it belongs to, and none that is over", () => {
    const sessions = new Sessions(1);
    const start = 10 * SESSION_IDLE_MS;
    expect(sessions.touch(1, 1, start, steps.add)).toBe(0b11);
    expect(sessions.touch(1, 1, start - MINUTE, steps.view)).toBe(0);
    expect(sessions.touch(1, 1, start + MINUTE, steps.purchase)).toBe(0b1100);
    expect(sessions.touch(1, 1, start - 2 * SESSION_IDLE_MS, steps.view)).toBe(0);
    expect(sessions.touch(1, 1, start + SESSION_IDLE_MS + 2 * MINUTE, steps.view)).toBe(0b1);
  });

  it("are bounded: when there are too many at once newcomers are not followed, and sweeping makes room", () => {
    const sessions = new Sessions(1, 1_000);
    for (let i = 0; i < 5_000; i++) sessions.touch(i, i, 1_000 + i, steps.view);
    expect(sessions.size).toBe(1_000);
    expect(sessions.touch(0, 0, 7_000, steps.add)).toBe(0b10);
    expect(sessions.touch(4_999, 4_999, 7_000, steps.view)).toBe(0);
    sessions.sweep(6_000);
    expect(sessions.size).toBe(1);
    expect(sessions.touch(4_999, 4_999, 7_000, steps.view)).toBe(1);
  });
});

describe("trends", () => {
  it("do not depend on the order in which counts arrive", () => {
    const counts = fc.array(
      fc.record({ at: fc.integer({ min: 0, max: 100 * MINUTE }), weight: fc.integer({ min: 1, max: 50 }) }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(counts, (each) => {
        const fold = (list: typeof each): Trend => {
          const trend = noTrend();
          for (const { at, weight } of list) addToTrend(trend, at, weight);
          return trend;
        };
        const score = (trend: Trend): number => trendScore(trend, 101 * MINUTE);
        expect(score(fold(each.toReversed()))).toBeCloseTo(score(fold(each)), 6);
      }),
    );
  });

  it("rank what is unusual above what always sells, and need support", () => {
    const steady = noTrend();
    for (let minute = 0; minute < 3 * 1_440; minute++) addToTrend(steady, minute * MINUTE, 20);
    const now = 3 * 1_440 * MINUTE;
    const sudden = noTrend();
    for (let minute = 0; minute < 5; minute++) addToTrend(sudden, now - minute * MINUTE, 10);
    const single = noTrend();
    addToTrend(single, now, TREND_MIN_SUPPORT - 1);
    expect(trendScore(sudden, now)).toBeGreaterThan(5 * trendScore(steady, now));
    expect(trendScore(single, now)).toBe(0);
    expect(trendScore(sudden, now + 60 * MINUTE)).toBe(0);
  });
});

describe("the shop's local day", () => {
  it.each([
    ["UTC", "2026-11-27T12:00:00Z", "2026-11-27", "2026-11-27T00:00:00Z", 24],
    ["Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-29", "2026-03-28T23:00:00Z", 23],
    ["Europe/Berlin", "2026-10-25T22:30:00Z", "2026-10-25", "2026-10-24T22:00:00Z", 25],
    ["America/New_York", "2026-11-01T04:30:00Z", "2026-11-01", "2026-11-01T04:00:00Z", 25],
    ["Asia/Kathmandu", "2026-11-27T18:20:00Z", "2026-11-28", "2026-11-27T18:15:00Z", 24],
    ["America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04", "2018-11-04T03:00:00Z", 23],
    ["Pacific/Kiritimati", "2026-11-27T11:00:00Z", "2026-11-28", "2026-11-27T10:00:00Z", 24],
  ])("in %s at %s is %s, also when clocks are changed", (zone, at, date, startsAt, hours) => {
    const day = new LocalDays(zone).of(Date.parse(at));
    expect(day).toEqual({ date, startsAt: Date.parse(startsAt), endsAt: Date.parse(startsAt) + hours * 3_600_000 });
  });

  it("begins where the one before ends, all year round", () => {
    for (const zone of ["Europe/London", "Australia/Lord_Howe", "America/Los_Angeles"]) {
      const days = new LocalDays(zone);
      let day = days.of(Date.UTC(2026, 0, 1, 12));
      for (let i = 0; i < 366; i++) {
        const next = days.of(day.endsAt);
        expect(next.startsAt).toBe(day.endsAt);
        expect(days.before(next).date).toBe(day.date);
        day = next;
      }
    }
  });
});
