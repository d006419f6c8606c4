import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_RULES } from "../../src/domain/alerts/defaults.ts";
import { type AlertRule, alertRuleSchema, isBad, isClear, isInHours } from "../../src/domain/alerts/rule.ts";
import { CALM, dueAt, lookAt, type Watched } from "../../src/domain/alerts/watch.ts";

/** Goal: a breach is one alert, however the value trembles; and nothing that was not measured fires or clears anything. */
const SECOND = 1_000;
const rule = (over: Partial<AlertRule> = {}): AlertRule => ({
  name: "low",
  metric: "stock.available",
  scope: { kind: "each_product" },
  comparator: "below",
  threshold: 10,
  clear: 20,
  for_s: 0,
  cooldown_s: 0,
  severity: "warning",
  enabled: true,
  ...over,
});

/** Plays values, one a second, and answers what was said of them. */
function play(watchedRule: AlertRule, values: readonly (number | undefined)[], from: Watched = CALM): string[] {
  let watched = from;
  return values.flatMap((value, second) => {
    const step = lookAt(watched, watchedRule, value, second * SECOND);
    watched = step.watched;
    return step.event ? [`${second} ${step.event.type} ${step.event.value}`] : [];
  });
}

describe("one breach", () => {
  test("stock 12 -> 9 -> 8 -> 7 -> 4 is one alert", () => {
    expect(play(rule(), [12, 9, 8, 7, 4])).toEqual(["1 fired 9"]);
  });

  test("a value that trembles around the threshold is one alert until it reaches the clear level", () => {
    expect(play(rule(), [9, 11, 9, 12, 9, 19, 20, 9])).toEqual(["0 fired 9", "6 cleared 20", "7 fired 9"]);
  });

  test("a value that is bad for less than `for` is none, and each good look begins the wait anew", () => {
    expect(play(rule({ for_s: 3 }), [9, 9, 12, 9, 9, 9, 9])).toEqual(["6 fired 9"]);
  });

  test("after an alert it stays quiet for the cooldown, and fires then if it is still bad", () => {
    expect(play(rule({ cooldown_s: 4 }), [9, 20, 9, 9, 9, 9])).toEqual(["0 fired 9", "1 cleared 20", "5 fired 9"]);
  });

  test("a clock that is put back by an hour holds no alert back for an hour, and makes nothing bad for longer than it was", () => {
    const patient = rule({ for_s: 60, cooldown_s: 300 });
    const ahead = 3_600 * SECOND;
    const { watched } = lookAt({ state: "calm", quietUntil: ahead + 300 * SECOND }, patient, 9, ahead);
    const [quiet, due] = [
      play(
        patient,
        Array.from({ length: 300 }, () => 9),
        watched,
      ),
      dueAt(watched, patient),
    ];
    expect([quiet, due]).toEqual([[], ahead + 300 * SECOND]);
    expect(
      play(
        patient,
        Array.from({ length: 301 }, () => 9),
        watched,
      ),
    ).toEqual(["300 fired 9"]);
    const pending = lookAt(CALM, patient, 9, ahead).watched;
    expect(
      play(
        patient,
        Array.from({ length: 61 }, () => 9),
        pending,
      ),
    ).toEqual(["60 fired 9"]);
  });

  test("`above` is the mirror image", () => {
    const above = rule({ comparator: "above", threshold: 60, clear: 30 });
    expect(play(above, [60, 61, 40, 61, 30])).toEqual(["1 fired 61", "4 cleared 30"]);
  });

  test("a missing value neither fires nor clears (pitfall 21)", () => {
    expect(play(rule(), [undefined, 9, undefined, Number.NaN, undefined])).toEqual(["1 fired 9"]);
  });

  test("what was bad once in the evening and not measured all night waits anew in the morning, and keeps nobody awake", () => {
    const HOUR = 3_600 * SECOND;
    const patient = rule({ for_s: 300, cooldown_s: 3_600 });
    const evening = lookAt({ state: "calm", quietUntil: 23 * HOUR }, patient, 9, 22 * HOUR).watched;
    const missed = lookAt(evening, patient, undefined, 22 * HOUR + 320 * SECOND).watched;
    expect(missed).toBe(evening);
    const night = lookAt(missed, patient, undefined, 22 * HOUR + 321 * SECOND).watched;
    expect([night.state, dueAt(night, patient)]).toEqual(["calm", undefined]);
    const morning = lookAt(night, patient, 9, 33 * HOUR);
    expect(morning).toEqual({ watched: { state: "pending", since: 33 * HOUR, quietUntil: 23 * HOUR } });
    // The cooldown of the alert before goes on.
    const quiet = lookAt(night, rule({ cooldown_s: 3_600 }), 9, 22 * HOUR + 3_500 * SECOND);
    expect(quiet.event).toBeUndefined();
  });

  test("what is pending says when to look again", () => {
    const { watched } = lookAt(CALM, rule({ for_s: 60 }), 9, 5 * SECOND);
    expect(dueAt(watched, rule({ for_s: 60 }))).toBe(65 * SECOND);
    expect(dueAt(CALM, rule())).toBeUndefined();
  });

  test("for any values: events alternate, every fire is at a bad value, every clear at a clear one", () => {
    const value = fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 60 }), fc.nat(5), fc.nat(5), (values, wait, cooldown) => {
        const watchedRule = rule({ for_s: wait, cooldown_s: cooldown });
        const events = play(watchedRule, values).map((text) => text.split(" "));
        events.forEach(([, type, at], index) => {
          expect(type).toBe(index % 2 === 0 ? "fired" : "cleared");
          expect(type === "fired" ? isBad(watchedRule, Number(at)) : isClear(watchedRule, Number(at))).toBe(true);
        });
      }),
    );
  });
});

describe("rules", () => {
  test("the defaults are rules", () => {
    for (const [id, one] of Object.entries(DEFAULT_RULES))
      expect(alertRuleSchema.safeParse(one).error, id).toBeUndefined();
  });

  test("a clear level on the bad side of the threshold is refused, with its field", () => {
    expect(alertRuleSchema.safeParse(rule({ clear: 5 })).error?.issues).toMatchObject([{ path: ["clear"] }]);
  });

  test("a scope that does not fit the metric is refused", () => {
    expect(alertRuleSchema.safeParse(rule({ scope: { kind: "shop" } })).error?.issues).toMatchObject([
      { path: ["scope", "kind"] },
    ]);
  });

  test("a rollback is watched flag by flag, and no product's metric is", () => {
    expect(
      alertRuleSchema.safeParse({ ...DEFAULT_RULES["rollback"], scope: { kind: "shop" } }).error?.issues,
    ).toMatchObject([{ path: ["scope", "kind"], message: "must be each_flag for flag.rolled_back" }]);
    expect(alertRuleSchema.safeParse(rule({ scope: { kind: "each_flag" } })).error?.issues).toMatchObject([
      { message: "must be each_product or product or category for stock.available" },
    ]);
  });

  test("hours may run over midnight", () => {
    const night = { hours: { from: 22 * 60, to: 6 * 60 } };
    expect([23 * 60, 3 * 60, 12 * 60].map((minute) => isInHours(night, minute))).toEqual([true, true, false]);
  });
});
