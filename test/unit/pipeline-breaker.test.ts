/**
 * Goal: a lane that is sick is left within a few calls and taken back by itself, and one that is well is never left. Threats: a breaker that
 * stays open for ever, one that flaps, one that a single failure opens.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  atTime,
  type Breaker,
  CLOSED,
  observe,
  OPEN_BASE_MS,
  OPEN_MAX_MS,
  openMs,
  PROBES,
  RUN_LIMIT,
} from "../../src/domain/pipeline/breaker.ts";
import { lease, newPipeline, observeLane, type Pipeline } from "../../src/domain/pipeline/pipeline.ts";
import { LaneTally, LEASE_MS } from "../../src/domain/pipeline/report.ts";
import type { Lane } from "../../src/domain/pipeline/stages.ts";

const after = (breaker: Breaker, outcomes: readonly (readonly [ok: number, errors: number])[], at = 0): Breaker =>
  outcomes.reduce((state, [ok, errors]) => observe(state, { ok, errors }, at).breaker, breaker);
const opened = after(CLOSED, [[0, RUN_LIMIT]]);

describe("a breaker", () => {
  it("opens on the fifth failure in a row, and not on the fourth", () => {
    expect(after(CLOSED, [[0, 4]]).state).toBe("closed");
    expect(
      after(CLOSED, [
        [0, 4],
        [1, 0],
      ]),
    ).toMatchObject({ state: "closed", run: 0 });
    expect(observe(after(CLOSED, [[0, 4]]), { ok: 0, errors: 1 }, 7)).toMatchObject({
      breaker: { state: "open", opens: 1, since: 7, openUntil: 7 + OPEN_BASE_MS },
      change: { to: "open", rule: "run" },
    });
  });

  it("opens on failures among successes: at 20 % within 50 calls, and at 2 % not in 10,000", () => {
    const every = (n: number, calls: number): number | undefined => {
      let breaker = CLOSED;
      for (let call = 1; call <= calls; call++) {
        const moved = observe(breaker, call % n === 0 ? { ok: 0, errors: 1 } : { ok: 1, errors: 0 }, 0);
        if (moved.change) return call;
        breaker = moved.breaker;
      }
      return undefined;
    };
    expect(every(5, 1_000)).toBeLessThanOrEqual(50);
    expect(every(50, 10_000)).toBeUndefined();
  });

  it("stays closed when a consumer tells 95 good messages and 5 that wait for their next delivery; at 90 and 10 it opens", () => {
    expect(after(CLOSED, [[95, 5]])).toMatchObject({ state: "closed", s: 95, run: 1 });
    expect(
      after(
        CLOSED,
        Array.from({ length: 1_000 }, () => [96, 4] as const),
      ),
    ).toMatchObject({ state: "closed" });
    expect(observe(CLOSED, { ok: 90, errors: 10 }, 0).change).toEqual({ to: "open", rule: "cusum" });
    expect(observe(CLOSED, { ok: 1, errors: 5 }, 0).change).toEqual({ to: "open", rule: "run" });
  });

  it("is half open after its time, closes on ten successes, and on one failure stays open twice as long, up to five minutes", () => {
    expect(atTime(opened, OPEN_BASE_MS - 1).state).toBe("open");
    const half = atTime(opened, OPEN_BASE_MS);
    expect(half.state).toBe("half_open");
    expect(observe(half, { ok: PROBES - 1, errors: 0 }, OPEN_BASE_MS).change).toBeNull();
    expect(
      after(
        half,
        Array.from({ length: PROBES }, () => [1, 0] as const),
        OPEN_BASE_MS,
      ),
    ).toMatchObject({
      state: "closed",
      since: null,
    });
    const again = observe(half, { ok: 9, errors: 1 }, OPEN_BASE_MS);
    expect(again).toMatchObject({ change: { to: "open", rule: "probe" }, breaker: { opens: 2, since: 0 } });
    expect([1, 2, 3, 5, 6, 40].map(openMs)).toEqual([10_000, 20_000, 40_000, 160_000, 300_000, OPEN_MAX_MS]);
  });

  it("does not stay open for an hour because the clock was put back by one", () => {
    const now = 3_600_000 + OPEN_BASE_MS;
    const before = observe(after(CLOSED, [[0, 4]], now), { ok: 0, errors: 1 }, now).breaker;
    expect(atTime(before, now + OPEN_BASE_MS - 1).state).toBe("open");
    expect(atTime(before, now - 3_600_000).state).toBe("half_open");
  });

  it("does not take for a relapse what closed before the clock was put back", () => {
    const closed = { ...CLOSED, opens: 5, closedAt: 3_600_000 };
    expect(after(closed, [[0, 5]], 3_600_000 + 1)).toMatchObject({ state: "open", opens: 6 });
    expect(after(closed, [[0, 5]], 0)).toMatchObject({ state: "open", opens: 1, openUntil: OPEN_BASE_MS });
  });

  it("hears nothing new from calls that began before it opened, and believes whoever tried anyway and succeeded", () => {
    expect(observe(opened, { ok: 50, errors: 0 }, 1).breaker).toEqual(opened);
    expect(observe(opened, { ok: 0, errors: 50 }, 1).breaker).toEqual(opened);
    expect(observe(opened, { ok: PROBES, errors: 0, unasked: true }, 1).change).toEqual({ to: "closed" });
    expect(observe(opened, { ok: 3, errors: 1, unasked: true }, 1).breaker).toEqual(opened);
  });

  it("whatever happened before, a lane that is well from now on is closed within its opening, a lease and ten calls", () => {
    const step = fc.record({ ok: fc.nat(20), errors: fc.nat(3), ms: fc.nat(60_000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let [breaker, now] = [CLOSED, 0];
        for (const { ok, errors, ms } of steps) {
          now += ms;
          breaker = observe(breaker, { ok, errors }, now).breaker;
        }
        now += OPEN_MAX_MS;
        for (let call = 0; call < PROBES; call++) breaker = observe(breaker, { ok: 1, errors: 0 }, now).breaker;
        expect(breaker.state).toBe("closed");
      }),
    );
  });
});

const report = (lane: Lane, ok: number, errors: number) => {
  const tally = new LaneTally();
  for (let n = 0; n < ok; n++) tally.done(5);
  for (let n = 0; n < errors; n++) tally.failed(5, new Error("sick"));
  return tally.report(lane);
};
const seen = (pipeline: Pipeline, lane: Lane, ok: number, errors: number, now: number): Pipeline =>
  observeLane(pipeline, report(lane, ok, errors), now).pipeline;

describe("the routing table", () => {
  it("leads around the sick shard alone, under a new epoch, and says so with its evidence", () => {
    const healthy = seen(newPipeline(), "aggregate/shard-1", 100, 0, 1_000);
    const { pipeline, decisions } = observeLane(healthy, report("aggregate/shard-0", 0, 5), 2_000);
    expect(lease(pipeline, 2_000).lease).toEqual({
      epoch: 1,
      lanes: [{ lane: "aggregate/shard-0", route: "fallback", breaker: "open", probes: 0 }],
    });
    expect(decisions).toMatchObject([
      { kind: "opened", lane: "aggregate/shard-0", route: { from: "primary", to: "fallback" }, epoch: 1 },
    ]);
    expect(decisions[0]?.evidence).toMatchObject({ rule: "run", run: 5, error: "Error: sick", openMs: 10_000 });
  });

  it("never leads around orders and payments: their breakers are told of, and their route stays primary", () => {
    for (const lane of ["orders", "payments", "alert"] as const) {
      const pipeline = seen(newPipeline(), lane, 0, 9, 1_000);
      expect(lease(pipeline, 1_000).lease).toMatchObject({ epoch: 0, lanes: [{ lane, route: "primary" }] });
    }
  });

  it("grants ten probes in all, however many isolates ask, and grants anew what was never heard of again", () => {
    let pipeline = seen(newPipeline(), "enrich", 0, 5, 0);
    const ask = (now: number): number => {
      const granted = lease(pipeline, now);
      pipeline = granted.pipeline;
      return granted.lease.lanes[0]?.probes ?? 0;
    };
    expect(ask(9_999)).toBe(0);
    expect([ask(10_000), ask(10_001)]).toEqual([10, 0]);
    pipeline = seen(pipeline, "enrich", 4, 0, 10_500);
    expect(ask(10_501)).toBe(0);
    expect(ask(10_000 + LEASE_MS)).toBe(6);
    pipeline = seen(pipeline, "enrich", 6, 0, 20_000);
    expect(lease(pipeline, 20_000).lease).toEqual({ epoch: 2, lanes: [] });
  });
});
