import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BUCKETS, bucketOf, isInside } from "../../src/domain/guard/bucket.ts";
import { characteristicAt, meanOperationsToTrip } from "../../src/domain/guard/characteristic.ts";
import { CALM, type GuardState, RUN_LIMIT, TRIP_AT, tripped, watch } from "../../src/domain/guard/cusum.ts";
import { isEnough, operationsNeeded } from "../../src/domain/guard/evidence.ts";
import { LADDER } from "../../src/domain/guard/ladder.ts";
import { seededRandom } from "../support/random.ts";

/**
 * Goal: the guard's published figures are true. Threats: an integer version that is not the statistic it claims to be, a formula that nobody has
 * held against a simulation, and false alarms, after which nobody leaves a guard switched on.
 */
const OK = { ok: 1, err: 0 };
const ERR = { ok: 0, err: 1 };

/** The operations of a batch, one by one, whether each failed: its successes lie evenly before its failures, the odd ones as early as they can. */
function* spread({ ok, err }: { readonly ok: number; readonly err: number }): Generator<boolean> {
  let told = 0;
  for (let i = 1; i <= err; i++) {
    for (; told < Math.ceil((ok * i) / err); told++) yield false;
    yield true;
  }
  for (; told < ok; told++) yield false;
}

/** Operations until the guard trips from rest. `rules` says which of the two rules counts. */
function operationsToTrip(errorRate: number, random: () => number, rules: "cusum" | "both"): number {
  let guard = CALM;
  for (let operations = 1; ; operations++) {
    guard = watch(guard, random() < errorRate ? ERR : OK);
    if (guard.s >= TRIP_AT || (rules === "both" && tripped(guard))) return operations;
  }
}

function meanBySimulation(errorRate: number, runs: number, rules: "cusum" | "both"): { mean: number; error: number } {
  const random = seededRandom(20_261_127);
  const lengths = Array.from({ length: runs }, () => operationsToTrip(errorRate, random, rules));
  const mean = lengths.reduce((sum, length) => sum + length, 0) / runs;
  const variance = lengths.reduce((sum, length) => sum + (length - mean) ** 2, 0) / (runs - 1);
  return { mean, error: Math.sqrt(variance / runs) };
}

describe("the golden table", () => {
  it.each([
    [1, 9],
    [0.1, 92],
    [0.05, 206],
    [0.02, 775],
  ])("at an error rate of %d the sum alone takes %d operations on average, by formula", (rate, operations) => {
    expect(Math.round(meanOperationsToTrip(rate, { runRule: false }))).toBe(operations);
  });

  it.each([
    [0.005, 6.0e6],
    [0.003, 2.3e9],
    [0.002, 2.2e11],
  ])("at a healthy %d a false alarm takes %d operations, by formula", (rate, operations) => {
    const mean = meanOperationsToTrip(rate, { runRule: false });
    expect(Number(mean.toPrecision(2))).toBe(operations);
  });

  it("at 100 % the rule for runs makes 9 operations 5", () => {
    expect(meanOperationsToTrip(1, { runRule: false })).toBe(9);
    expect(meanOperationsToTrip(1)).toBe(5);
  });

  it.each([
    [1, 10, "both"],
    [0.1, 20_000, "both"],
    [0.1, 20_000, "cusum"],
    [0.05, 10_000, "both"],
    [0.02, 4_000, "both"],
    [0.01, 1_000, "both"],
  ] as const)("at %d a simulation of %d runs (%s) agrees with the formula", (rate, runs, rules) => {
    const { mean, error } = meanBySimulation(rate, runs, rules);
    const exact = meanOperationsToTrip(rate, { runRule: rules === "both" });
    expect(Math.abs(mean - exact)).toBeLessThanOrEqual(4 * error);
  });

  it("at a healthy 0.5 % a simulation finds about as many false alarms in 600 million operations as the formula says", () => {
    const random = seededRandom(5);
    const [rate, operations] = [0.005, 600_000_000];
    let alarms = 0;
    let guard = CALM;
    for (let done = 0; done < operations;) {
      // The successes up to the next failure, drawn at once and told with it, as an isolate does: one by one they would take minutes.
      const ok = Math.floor(Math.log(1 - random()) / Math.log(1 - rate));
      done += ok + 1;
      guard = watch(guard, { ok, err: 1 });
      if (!tripped(guard)) continue;
      alarms += 1;
      guard = CALM;
    }
    const expected = operations / meanOperationsToTrip(rate);
    expect(expected).toBeGreaterThan(90);
    expect(Math.abs(alarms - expected)).toBeLessThanOrEqual(4 * Math.sqrt(expected));
  });

  it("reports of a thousand operations change none of that: no alarm in 5 million at a healthy 0.3 %, and 2 % is found one report later", () => {
    const random = seededRandom(17);
    const inReports = (rate: number, operations: number): number | undefined => {
      let guard = CALM;
      for (let done = 1_000; done <= operations; done += 1_000) {
        let err = 0;
        for (let i = 0; i < 1_000; i++) err += random() < rate ? 1 : 0;
        guard = watch(guard, { ok: 1_000 - err, err });
        if (tripped(guard)) return done;
      }
      return undefined;
    };
    expect(inReports(0.003, 5_000_000)).toBeUndefined();
    const delays = Array.from({ length: 300 }, () => inReports(0.02, 100_000) ?? Number.POSITIVE_INFINITY);
    const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
    expect(mean).toBeLessThanOrEqual(meanOperationsToTrip(0.02) + 1_000);
    expect(inReports(0.1, 1_000)).toBe(1_000);
  });

  it("a windowed ratio (1 % of the last 300, at least 100) alarms in a quarter of healthy runs at 0.1 %; this one in none of 200", () => {
    const random = seededRandom(11);
    let ratio = 0;
    let cusum = 0;
    for (let run = 0; run < 200; run++) {
      const failures: number[] = [];
      let guard = CALM;
      let [hasRatio, hasCusum] = [false, false];
      for (let i = 0; i < 100_000; i++) {
        const failed = random() < 0.001;
        guard = watch(guard, failed ? ERR : OK);
        hasCusum ||= tripped(guard) !== undefined;
        if (!failed) continue;
        failures.push(i);
        while ((failures[0] ?? i) <= i - 300) failures.shift();
        hasRatio ||= i >= 100 && failures.length / Math.min(i + 1, 300) > 0.01;
      }
      ratio += hasRatio ? 1 : 0;
      cusum += hasCusum ? 1 : 0;
    }
    expect(ratio).toBeGreaterThan(40);
    expect(cusum).toBe(0);
  });
});

describe("the statistic", () => {
  const batches = fc.array(fc.record({ ok: fc.nat(300), err: fc.nat(3) }), { maxLength: 60 });

  it("is the textbook's max(0, S + x - 0.01) in hundredths, whatever the batches, with the successes of each spread before its failures", () => {
    fc.assert(
      fc.property(batches, (given) => {
        let exact = 0;
        let guard = CALM;
        for (const batch of given) {
          for (const failed of spread(batch)) exact = Math.max(0, exact + (failed ? 1 : 0) - 0.01);
          guard = watch(guard, batch);
        }
        expect(guard.s / 100).toBeCloseTo(exact, 6);
      }),
    );
  });

  it("takes in a batch as it takes in its operations one by one, and trips at its end if it would have within it", () => {
    const batch = fc.record({ ok: fc.nat(1_200), err: fc.nat(14) });
    fc.assert(
      fc.property(fc.nat(TRIP_AT - 1), fc.nat(RUN_LIMIT - 1), batch, (s, run, given) => {
        let guard: GuardState = { s, run };
        let hasTripped = false;
        for (const failed of spread(given)) {
          guard = watch(guard, failed ? ERR : OK);
          hasTripped ||= tripped(guard) !== undefined;
        }
        const at = watch({ s, run }, given);
        expect(at).toEqual(guard);
        expect(tripped(at) !== undefined).toBe(hasTripped);
      }),
      { numRuns: 1_000 },
    );
  });

  it("five failures among a million operations that are told together are no run, and twenty no error rate of 1 %", () => {
    expect(watch(CALM, { ok: 999_995, err: 5 })).toEqual({ s: 99, run: 1 });
    expect(watch(CALM, { ok: 999_980, err: 20 })).toEqual({ s: 99, run: 1 });
    expect(watch({ s: 700, run: 4 }, { ok: 999_995, err: 5 })).toEqual({ s: 99, run: 1 });
  });

  it("a batch with one failure is what it is to an isolate: successes that waited, and then the failure", () => {
    fc.assert(
      fc.property(fc.nat(TRIP_AT - 1), fc.nat(4), fc.nat(1_000), (s, run, ok) => {
        const expected = { s: Math.max(0, s - ok) + 99, run: ok === 0 ? run + 1 : 1 };
        expect(watch({ s, run }, { ok, err: 1 })).toEqual(expected);
      }),
    );
  });

  it("a batch of nothing but failures trips at once, and so does one that hardly has a success", () => {
    expect(tripped(watch(CALM, { ok: 0, err: 5 }))).toBe("run");
    expect(tripped(watch(CALM, { ok: 1, err: 5 }))).toBe("run");
    expect(tripped(watch(CALM, { ok: 10, err: 90 }))).toBe("cusum");
    expect(tripped(watch(CALM, { ok: 900, err: 100 }))).toBe("cusum");
  });

  it("never falls below zero, so a good past does not excuse a bad present", () => {
    fc.assert(
      fc.property(batches, (given) => {
        const states: GuardState[] = [];
        for (const batch of given) states.push(watch(states.at(-1) ?? CALM, batch));
        expect(states.every(({ s, run }) => s >= 0 && run >= 0)).toBe(true);
      }),
    );
  });

  it("pitfall 21: what is missing is not zero: a count that is not a whole number is refused, and nothing decays with time", () => {
    for (const bad of [Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY]) {
      expect(() => watch(CALM, { ok: bad, err: 0 })).toThrow("no batch");
      expect(() => watch(CALM, { ok: 0, err: bad })).toThrow("no batch");
    }
    const alarmed = watch(CALM, { ok: 0, err: 4 });
    expect(watch(alarmed, { ok: 0, err: 0 })).toEqual(alarmed);
  });

  it("five failures in a row trip by the run, a success in between begins the run anew", () => {
    let guard = watch(CALM, { ok: 0, err: 4 });
    expect(tripped(guard)).toBeUndefined();
    expect(tripped(watch(guard, ERR))).toBe("run");
    guard = watch(watch(guard, OK), ERR);
    expect(guard.run).toBe(1);
    expect(tripped(guard)).toBeUndefined();
  });
});

describe("evidence", () => {
  it("is the published table: 299, 473, 628, 773, 913 and 1,049 operations for 0 to 5 errors", () => {
    expect([0, 1, 2, 3, 4, 5].map(operationsNeeded)).toEqual([299, 473, 628, 773, 913, 1_049]);
    expect(isEnough({ operations: 298, errors: 0 })).toBe(false);
    expect(isEnough({ operations: 299, errors: 0 })).toBe(true);
  });

  it("no operations are no evidence, and an error rate of 1 % never becomes enough", () => {
    expect(isEnough({ operations: 0, errors: 0 })).toBe(false);
    for (let errors = 1; errors <= 60; errors++) expect(isEnough({ operations: errors * 100, errors })).toBe(false);
  });
});

describe("shares", () => {
  const subject = fc.string({ minLength: 1, maxLength: 60 });

  it("are nested: raising the share only adds subjects, so nobody is sent back and forth", () => {
    fc.assert(
      fc.property(subject, fc.nat(BUCKETS), fc.nat(BUCKETS), (name, a, b) => {
        const bucket = bucketOf("cart.write", name);
        expect(bucket).toBe(bucketOf("cart.write", name));
        if (a <= b && isInside(bucket, a)) expect(isInside(bucket, b)).toBe(true);
        expect(isInside(bucket, 0)).toBe(false);
        expect(isInside(bucket, BUCKETS)).toBe(true);
      }),
    );
  });

  it("hold what they promise for ids that differ in one digit, and are independent between flags", () => {
    const ids = Array.from({ length: 40_000 }, (_, i) => `cart_0192f000-0000-7000-8000-${String(i).padStart(12, "0")}`);
    for (const share of LADDER) {
      const inside = ids.filter((id) => isInside(bucketOf("cart.write", id), share)).length;
      const expected = (ids.length * share) / BUCKETS;
      expect(Math.abs(inside - expected)).toBeLessThanOrEqual(4 * Math.sqrt(expected * (1 - share / BUCKETS)) + 0.5);
    }
    const both = ids.filter((id) => bucketOf("cart.write", id) < 5_000 && bucketOf("checkout.write", id) < 5_000);
    expect(Math.abs(both.length - ids.length / 4)).toBeLessThan(4 * Math.sqrt(ids.length * 0.25 * 0.75));
  });
});

describe("what is told about the guard", () => {
  it("at 20 operations per second: 2 % is caught in 39 s, a false rollback at 0.2 % comes every 349 years", () => {
    const { detection, falseAlarms } = characteristicAt(20);
    const twoPercent = detection.find(({ errorRate }) => errorRate === 0.02);
    expect(twoPercent?.seconds).toBeCloseTo(38.8, 1);
    const healthy = falseAlarms.find(({ errorRate }) => errorRate === 0.002);
    expect((healthy?.everyDays ?? 0) / 365).toBeCloseTo(349, -1);
  });

  it("without traffic nothing is promised: detection takes for ever", () => {
    const { detection } = characteristicAt(0);
    expect(detection.every(({ seconds }) => seconds > 1e9)).toBe(true);
  });
});
