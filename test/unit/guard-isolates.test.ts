import { describe, expect, it } from "vitest";
import { TOP_RUNG } from "../../src/domain/guard/ladder.ts";
import { observe } from "../../src/domain/guard/report.ts";
import { after, report } from "../support/flags.ts";
import { seededRandom } from "../support/random.ts";

/** Goal: the guard judges the path and not the way in which it hears of it. Threat: failures that are told before the successes that came between them. */
describe("many isolates", () => {
  /** Operations of so many isolates: failures are told at once, successes up to half a second later. Answers how many until a rollback. */
  function operationsUntilTrip({
    isolates,
    perSecond,
    rate,
    most,
  }: Record<"isolates" | "perSecond" | "rate" | "most", number>) {
    const random = seededRandom(3);
    let flag = after(["start", ...Array.from({ length: TOP_RUNG }, () => "advance" as const)]);
    const waiting = Array.from({ length: isolates }, () => ({ ok: 0, due: Number.POSITIVE_INFINITY }));
    const tell = (ok: number, errors: number): boolean => {
      const seen = observe(flag, report(flag.epoch, ok, errors));
      flag = seen.flag;
      return seen.rule !== undefined;
    };
    for (let i = 1; i <= most; i++) {
      const now = i / perSecond;
      for (const own of waiting) {
        if (own.due > now) continue;
        if (tell(own.ok, 0)) return i;
        Object.assign(own, { ok: 0, due: Number.POSITIVE_INFINITY });
      }
      const own = waiting[Math.floor(random() * isolates)];
      if (!own) throw new Error("no isolate");
      if (random() < rate) {
        if (tell(own.ok, 1)) return i;
        Object.assign(own, { ok: 0, due: Number.POSITIVE_INFINITY });
      } else Object.assign(own, { ok: own.ok + 1, due: Math.min(own.due, now + 0.5) });
    }
    return undefined;
  }

  it("whose successes come late do not look like a run of failures: 200,000 operations at 0.5 % are left alone", () => {
    for (const isolates of [1, 20, 100]) {
      expect(
        operationsUntilTrip({ isolates, perSecond: 200, rate: 0.005, most: 200_000 }),
        `${isolates}`,
      ).toBeUndefined();
    }
  });

  it("and a fault is found as soon as if there were one", () => {
    for (const isolates of [1, 20, 100]) {
      expect(operationsUntilTrip({ isolates, perSecond: 200, rate: 0.1, most: 2_000 })).toBeLessThan(400);
      expect(operationsUntilTrip({ isolates, perSecond: 200, rate: 1, most: 100 })).toBe(5);
    }
  });
});
