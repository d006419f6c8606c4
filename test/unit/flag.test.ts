import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RUN_LIMIT, TRIP_AT } from "../../src/domain/guard/cusum.ts";
import { featureFlags, findFlag, PATH_FLAGS } from "../../src/domain/guard/definitions.ts";
import { operationsNeeded } from "../../src/domain/guard/evidence.ts";
import {
  type Flag,
  FLAG_STATES,
  type FlagEvent,
  type FlagState,
  isMirrored,
  liveShareOf,
  move,
  newFlag,
} from "../../src/domain/guard/flag.ts";
import { LADDER, TOP_RUNG } from "../../src/domain/guard/ladder.ts";
import { outcomeOf } from "../../src/domain/guard/outcome.ts";
import { EFFECT_AFTER_MS, effectVerdict, judge, observe, obstacles } from "../../src/domain/guard/report.ts";
import { after, NOW, report } from "../support/flags.ts";
import { seededRandom } from "../support/random.ts";

/**
 * Goal: a flag moves only as its table says, is taken back by itself, and stays back. Threats: a promotion that nobody has evidence for, a latch that
 * opens by itself, and a guard that looks the other way in some state.
 */
const POLICY = { dwellMs: 120_000, stallMs: 600_000 };
const PERSON = ["start", "advance", "approve", "pause", "kill", "rearm"] as const;

const atHalf = (): Flag => after(["start", "advance", "advance", "advance", "advance"]);

describe("the table of transitions", () => {
  it("climbs shadow, 1, 5, 25, 50, 100 %", () => {
    let flag = after(["start"]);
    const shares = [liveShareOf(flag)];
    while (flag.state !== "complete") {
      flag = move(flag, { type: "evidence" }, NOW) ?? flag;
      shares.push(liveShareOf(flag));
    }
    expect(shares).toEqual([0, 100, 500, 2_500, 5_000, 10_000]);
    expect(move(flag, { type: "advance" }, NOW)).toBeUndefined();
  });

  it("a shadow that was paused begins anew, for copies and evidence are of before: a rung goes on where it was", () => {
    const shadow: Flag = { ...after(["start"]), trials: { ok: 50, err: 2 } };
    const [paused, again] = [move(shadow, { type: "pause" }, NOW), after(["start", "advance", "pause", "start"])];
    const resumed = paused && move(paused, { type: "start" }, NOW);
    expect(resumed).toMatchObject({ state: "shadow", trials: { ok: 0, err: 0 } });
    expect(resumed?.epoch).toBeGreaterThan(shadow.epoch);
    expect(again).toMatchObject({ state: "ramping", epoch: after(["start", "advance"]).epoch });
  });

  it("kill is legal in every state, and rearm in every stopped one, each under a new epoch", () => {
    const reach: Record<FlagState, readonly FlagEvent["type"][]> = {
      off: [],
      shadow: ["start"],
      ramping: ["start", "advance"],
      waiting: ["start", "advance", "stalled"],
      paused: ["start", "advance", "pause"],
      complete: ["start", ...Array.from({ length: TOP_RUNG }, () => "advance" as const)],
      rolled_back: ["start", "advance", "trip"],
      killed: ["kill"],
    };
    for (const state of FLAG_STATES) {
      const flag = after(reach[state]);
      expect(flag.state).toBe(state);
      const killed = move(flag, { type: "kill" }, NOW);
      expect(killed).toMatchObject({ state: "killed", epoch: flag.epoch + 1 });
      expect(liveShareOf(killed ?? flag)).toBe(0);
      const rearmed = move(flag, { type: "rearm" }, NOW);
      const isStopped = ["paused", "rolled_back", "killed"].includes(state);
      expect(rearmed !== undefined, state).toBe(isStopped);
      if (rearmed) expect(rearmed).toMatchObject({ state: "shadow", rung: 0, epoch: flag.epoch + 1, guard: { s: 0 } });
    }
  });

  it("latched: nothing but a person's rearm leads out of a rollback", () => {
    const flag = move(atHalf(), { type: "trip", rule: "cusum" }, NOW);
    if (!flag) throw new Error("it did not trip");
    for (const type of ["evidence", "stalled", "start", "advance", "approve", "pause"] as const) {
      expect(move(flag, { type }, NOW), type).toBeUndefined();
    }
    expect(judge(flag, NOW + 1e12, POLICY)).toBeUndefined();
    expect(move(flag, { type: "rearm" }, NOW)?.state).toBe("shadow");
  });

  it("what cannot be mirrored begins and begins anew with the first share", () => {
    expect(after(["start"], 1)).toMatchObject({ state: "ramping", rung: 1 });
    expect(after(["start", "trip", "rearm"], 1)).toMatchObject({ state: "ramping", rung: 1, epoch: 3 });
  });

  it("a pause keeps share and rung, and start goes on from there", () => {
    const paused = move(atHalf(), { type: "pause" }, NOW);
    expect(paused && liveShareOf(paused)).toBe(5_000);
    expect(paused && move(paused, { type: "start" }, NOW)).toMatchObject({ state: "ramping", rung: 4, epoch: 1 });
  });
});

describe("the guard", () => {
  it.each(["ramping", "waiting", "paused", "complete"] as const)(
    "runs while %s: five failures take it back",
    (state) => {
      const flag: Flag = { ...atHalf(), state, rung: state === "complete" ? TOP_RUNG : 4 };
      const { flag: seen, rule } = observe(flag, report(flag.epoch, 0, RUN_LIMIT));
      expect(rule).toBe("run");
      expect(move(seen, { type: "trip", rule: "run" }, NOW)).toMatchObject({
        state: "rolled_back",
        epoch: flag.epoch + 1,
      });
    },
  );

  it("pitfall 21: arms are not swapped: what the safe path does, well or badly, moves nothing", () => {
    const flag = atHalf();
    const { flag: seen, rule } = observe(flag, report(flag.epoch, 0, 0, { safe: 10_000, lastAt: null }));
    expect(rule).toBeUndefined();
    expect(seen).toEqual(flag);
  });

  it("pitfall 21: no reports are no evidence: the ladder stands still and asks for a person", () => {
    const flag = after(["start", "advance"]);
    expect(judge(flag, NOW + POLICY.dwellMs, POLICY)).toBeUndefined();
    expect(judge(flag, NOW + POLICY.stallMs, POLICY)).toEqual({ type: "stalled" });
    const waiting = move(flag, { type: "stalled" }, NOW);
    expect(waiting && judge(waiting, NOW + 1e12, POLICY)).toBeUndefined();
    expect(waiting && liveShareOf(waiting)).toBe(100);
  });

  it("failures under an older epoch do not touch the new one's statistic", () => {
    const rearmed = after(["start", "advance", "trip", "rearm", "advance"]);
    const { flag, rule } = observe(rearmed, report(rearmed.epoch - 1, 0, 20));
    expect(rule).toBeUndefined();
    expect(flag.guard).toEqual({ s: 0, run: 0 });
    expect(flag.trials).toEqual({ ok: 0, err: 0 });
  });

  it("pitfall 21: a rollback that did nothing is noticed: what still arrives is counted, and silence is not taken for success", () => {
    const back = move(atHalf(), { type: "trip", rule: "cusum" }, NOW);
    if (!back?.effect) throw new Error("no effect is watched");
    expect(effectVerdict(back.effect)).toBe("unproven");
    const arrived = observe(back, report(back.epoch, 0, 0, { safe: 5, lastAt: null })).flag.effect;
    expect(arrived && effectVerdict(arrived)).toBe("effective");
    const early = observe(back, report(back.epoch - 1, 3, 1, { lastAt: NOW + 5_000 })).flag.effect;
    expect(early).toMatchObject({ strays: 4, lastStrayAt: NOW + 5_000 });
    const late = observe(back, report(back.epoch - 1, 1, 0, { lastAt: NOW + EFFECT_AFTER_MS, safe: 9 })).flag.effect;
    expect(late && effectVerdict(late)).toBe("ineffective");
  });

  it("a healthy 0.5 % over 200,000 operations in batches of many isolates is not rolled back, the same path at 10 % is", () => {
    const random = seededRandom(7);
    let flag = after(["start", ...Array.from({ length: TOP_RUNG }, () => "advance" as const)]);
    const feed = (operations: number, rate: number): boolean => {
      for (let done = 0; done < operations; done += 8) {
        const errors = Array.from({ length: 8 }, () => random()).filter((x) => x < rate).length;
        const seen = observe(flag, report(flag.epoch, 8 - errors, errors));
        if (seen.rule) return true;
        flag = seen.flag;
      }
      return false;
    };
    expect(feed(200_000, 0.005)).toBe(false);
    expect(feed(2_000, 0.1)).toBe(true);
  });
});

describe("the ladder", () => {
  it("needs the evidence and the time, and says which is missing", () => {
    const flag = after(["start", "advance"]);
    const seen = observe(flag, report(flag.epoch, 298)).flag;
    expect(obstacles(seen, NOW + 1_000, POLICY)).toEqual([
      { kind: "operations", have: 298, need: 299 },
      { kind: "dwell", leftMs: 119_000 },
    ]);
    const enough = observe(seen, report(flag.epoch, 1)).flag;
    expect(judge(enough, NOW + 119_999, POLICY)).toBeUndefined();
    expect(judge(enough, NOW + 120_000, POLICY)).toEqual({ type: "evidence" });
    expect(obstacles(enough, NOW + 120_000, POLICY)).toEqual([]);
  });

  it("in the shadow compares: a mismatch is an error, and the statistic stays at rest", () => {
    const flag = after(["start"]);
    const mirrored = observe(flag, report(flag.epoch, 0, 1, { parity: 472 })).flag;
    expect(mirrored).toMatchObject({ trials: { ok: 472, err: 1 }, guard: { s: 0 } });
    expect(judge(mirrored, NOW + POLICY.dwellMs, POLICY)).toEqual({ type: "evidence" });
  });

  type Step = { readonly kind: "event"; readonly type: (typeof PERSON)[number] } | { readonly kind: "report" };
  const steps = fc.array(
    fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom(...PERSON).map((type): Step => ({ kind: "event", type })) },
      { weight: 5, arbitrary: fc.constant<Step>({ kind: "report" }) },
    ),
    { maxLength: 80 },
  );

  it("whatever people and traffic do: epochs only grow, stopped means no share, and nothing climbs without a person or evidence", () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1 }), fc.constantFrom(0, 0.01, 0.3), (given, seed, rate) => {
        const random = seededRandom(seed);
        let now = NOW;
        let flag = newFlag("k", 0, now);
        for (const step of given) {
          now += 60_000;
          const before = flag;
          if (step.kind === "event") flag = move(flag, { type: step.type }, now) ?? flag;
          else {
            const errors = Array.from({ length: 150 }, () => random()).filter((x) => x < rate).length;
            const seen = observe(flag, report(flag.epoch, 150 - errors, errors, { parity: 150 - errors }));
            flag = seen.flag;
            if (seen.rule) flag = move(flag, { type: "trip", rule: seen.rule }, now) ?? flag;
            const judged = judge(flag, now, POLICY);
            const climbed = judged && move(flag, judged, now);
            if (climbed && judged.type === "evidence") {
              const { ok, err } = flag.trials;
              expect(ok + err).toBeGreaterThanOrEqual(operationsNeeded(err) ?? Number.POSITIVE_INFINITY);
              expect(now - flag.enteredAt).toBeGreaterThanOrEqual(POLICY.dwellMs);
            } else if (climbed) expect(climbed.rung).toBe(flag.rung);
            flag = climbed ?? flag;
          }
          expect(flag.epoch).toBeGreaterThanOrEqual(before.epoch);
          if (liveShareOf(flag) < liveShareOf(before)) expect(flag.epoch).toBeGreaterThan(before.epoch);
          if (["off", "rolled_back", "killed", "shadow"].includes(flag.state)) expect(liveShareOf(flag)).toBe(0);
          expect(LADDER[flag.rung]).toBeDefined();
          if (liveShareOf(flag) > 0) expect(flag.guard.s).toBeLessThan(TRIP_AT);
          if (isMirrored(flag)) expect(liveShareOf(flag)).toBe(0);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("outcomes", () => {
  const answer = { status: 200, code: undefined, detail: undefined, replayed: false, began: true };

  it("declines, 4xx and replays are no trials, whatever a client does with them", () => {
    for (const status of [400, 402, 404, 409, 412, 422, 429])
      expect(outcomeOf({ ...answer, status })).toEqual({ kind: "neutral" });
    expect(outcomeOf({ ...answer, replayed: true })).toEqual({ kind: "neutral" });
    expect(outcomeOf(answer)).toEqual({ kind: "ok" });
  });

  it("a failure is definite only as long as nothing that writes was begun", () => {
    const failed = { ...answer, status: 500, code: "internal_error" };
    expect(outcomeOf({ ...failed, began: false })).toMatchObject({ kind: "definite_fail" });
    expect(outcomeOf(failed)).toMatchObject({ kind: "indefinite" });
    expect(outcomeOf({ ...failed, status: 409, code: "stale_epoch" })).toEqual({ kind: "stale" });
  });
});

describe("definitions", () => {
  it("reads the shop's own flags beside the paths, and refuses what it cannot read", () => {
    const flags = featureFlags('[{"key":"search.ranking","fresh":"neural","safe":"classic"}]');
    expect(findFlag("search.ranking", flags)).toMatchObject({ kind: "feature", variants: { safe: "classic" } });
    expect(findFlag("cart.write", flags)).toBe(PATH_FLAGS[0]);
    expect(findFlag("nothing", flags)).toBeUndefined();
    expect(featureFlags("")).toEqual([]);
    for (const bad of ["{", '[{"key":"A B","fresh":"x","safe":"y"}]', '[{"key":"a"}]'])
      expect(() => featureFlags(bad), bad).toThrow(/JSON|Invalid|invalid|expected|must/);
  });
});
