import { describe, expect, test } from "vitest";
import { draftOf, ruleOf } from "../../console/figures/rule-draft.ts";
import type { AlertRule } from "../../src/domain/alerts/rule.ts";

/** Goal: what is sent is what was written, or the field that it cannot be sent for is named. Threat: half of a number, taken for a whole one. */
const rule: AlertRule = {
  name: "Too many carts are left",
  metric: "abandonment.last_60m",
  scope: { kind: "shop" },
  comparator: "above",
  threshold: 0.85,
  clear: 0.7,
  for_s: 300,
  cooldown_s: 0,
  severity: "warning",
  enabled: true,
};
const draft = draftOf(rule);

describe("a rule that is written", () => {
  test("is sent as it was when nothing was changed, without what only the book says of it", () => {
    const held = { ...rule, id: "carts_left", version: 3, default: true, in_force: 2 };
    expect(ruleOf(held, draftOf(held))).toEqual({ ok: true, rule });
    const inHours = { ...rule, hours: { from: 8 * 60, to: 22 * 60 + 30 } };
    expect(draftOf(inHours).hours).toEqual({ from: "08:00", to: "22:30" });
    expect(ruleOf(rule, draftOf(inHours))).toEqual({ ok: true, rule: inHours });
  });

  test("until midnight is so for the whole day, and not for no time at all", () => {
    const wholeDay = { ...rule, hours: { from: 0, to: 24 * 60 } };
    expect(draftOf(wholeDay).hours).toEqual({ from: "00:00", to: "00:00" });
    expect(ruleOf(wholeDay, draftOf(wholeDay))).toEqual({ ok: true, rule: wholeDay });
  });

  test("has its numbers read when it is sent", () => {
    const written = ruleOf(rule, { ...draft, threshold: "0.05", clear: "-1e-2", for_s: "60", enabled: false });
    expect(written).toEqual({ ok: true, rule: { ...rule, threshold: 0.05, clear: -0.01, for_s: 60, enabled: false } });
  });

  test.each([
    ["threshold", "", "Alert above has to be a number."],
    ["clear", " ", "Over at has to be a number."],
    ["clear", "Infinity", "Over at has to be a number."],
    ["for_s", "1.5", "Bad for has to be a whole number of seconds, 0 or more."],
    ["cooldown_s", "-1", "Quiet after has to be a whole number of seconds, 0 or more."],
  ] as const)("with %s = %j is not sent: %s", (field, text, detail) => {
    expect(ruleOf(rule, { ...draft, [field]: text })).toEqual({ ok: false, field, detail });
  });

  test("without a time where hours are wanted is not sent either", () => {
    const hours = { from: "08:00", to: "" };
    expect(ruleOf(rule, { ...draft, hours })).toMatchObject({ field: "to", detail: "To has to be a time of day." });
  });
});
