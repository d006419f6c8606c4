import { describe, expect, test } from "vitest";
import { refusedChange, refusedPanel } from "../../console/access/refusal.ts";
import { guardPath } from "../../console/figures/guard-path.ts";
import {
  changesOf,
  circumstancesOf,
  commandBody,
  commandText,
  decisionTitle,
  decisionTone,
  expectationsOf,
  isStillMeant,
  nextRung,
  rarity,
} from "../../console/figures/rollout.ts";
import { readRoute, writeRoute } from "../../console/shell/address.ts";
import { type Flag, FLAG_STATES } from "../../src/domain/guard/flag.ts";
import type { FlagDetails, GuardedFlagDetails } from "../../src/domain/guard/view.ts";
import { CHECKOUT, detailsOf, listOf, logOf, viewOf } from "../support/flag-bodies.ts";
import { after, NOW } from "../support/flags.ts";

/** Goal: who decides about a path reads what is so and what a button is going to do. Threats: a button that does a step more than was meant, a peak that is smoothed away. */
const atQuarter = after(["start", "advance", "advance", "advance"]);
const guarded = (details: FlagDetails): GuardedFlagDetails => {
  if (!details.guarded) throw new Error("it is guarded");
  return details;
};
const detailed = (flag = atQuarter) => guarded(detailsOf(CHECKOUT, viewOf(flag, NOW)));
const count = (value: number): string => String(value);

describe("the ladder", () => {
  test("names the rung after the one that it stands on, and none at the top or before the start", () => {
    expect(nextRung(detailed().ladder)?.rung).toBe("50 %");
    expect(nextRung(detailed(after(["start", ...Array.from({ length: 5 }, () => "advance" as const)])).ladder)).toBe(
      undefined,
    );
    expect(nextRung(detailsOf(CHECKOUT, null).ladder)).toBeUndefined();
  });
});

describe("commands", () => {
  test("say to which rung, and whose share it is", () => {
    expect(commandText("advance", detailed())).toMatchObject({ label: "Advance to 50 %" });
    expect(commandText("kill", detailed()).effect).toMatch(/^Everything goes to legacy within 12 seconds/);
    expect(commandText("start", detailsOf(CHECKOUT, null))).toMatchObject({
      label: "Start",
      effect: expect.stringContaining("begins at shadow"),
    });
    const paused = detailed(after(["start", "advance", "advance", "pause"]));
    expect(commandText("start", paused)).toMatchObject({ label: "Resume", effect: expect.stringContaining("5 %") });
  });

  test("that raise the share are not given to a flag that has moved since; taking it back always is", () => {
    const climbed = detailed(after(["start", "advance", "advance", "advance", "advance"]));
    expect(isStillMeant("advance", detailed(), detailed())).toBe(true);
    for (const type of ["start", "advance", "approve", "rearm"] as const)
      expect(isStillMeant(type, detailed(), climbed)).toBe(false);
    for (const type of ["pause", "kill"] as const) expect(isStillMeant(type, detailed(), climbed)).toBe(true);
    // Rolled back and rearmed while the reason was typed: the same state, but not the same rollout.
    const again = detailed(after(["start", "advance", "kill", "rearm", "advance", "advance", "advance"]));
    expect([again.state, again.rung]).toEqual([detailed().state, detailed().rung]);
    expect(isStillMeant("advance", detailed(), again)).toBe(false);
  });
});

describe("a command as it is sent", () => {
  test("says what its dialog showed, so that two people who advance at once are one rung; taking it back asks for nothing", () => {
    const seen = { if_epoch: detailed().epoch, if_rung: "25 %", if_state: detailed().state };
    for (const type of ["start", "advance", "approve", "rearm"] as const)
      expect(commandBody(type, detailed(), "seen enough")).toEqual({ reason: "seen enough", ...seen });
    for (const type of ["pause", "kill"] as const)
      expect(commandBody(type, detailed(), "it fails")).toEqual({ reason: "it fails" });
  });
});

describe("in words", () => {
  test("every state says who answers", () => {
    for (const state of FLAG_STATES) expect(circumstancesOf({ ...detailed(), state })).toMatch(/edge|legacy/);
  });

  test("what can be expected is said for the traffic, and not at all without any", () => {
    const expected = (perSecond: number) => detailsOf(CHECKOUT, viewOf(atQuarter, NOW, [], perSecond)).expected;
    const lines = expectationsOf(expected(20) ?? raise(), count);
    expect(lines).toContainEqual({ what: "2 % errors caught in", when: "38 s" });
    expect(lines).toContainEqual({ what: "False alarm at 0.5 % errors", when: "every 3 days" });
    expect(expectationsOf(expected(0) ?? raise(), count)).toEqual([]);
  });

  test.each([
    [0.5, "every 12 h"],
    [3.4, "every 3 days"],
    [7_300, "every 20 years"],
  ])("%s days are said as %s", (days, text) => expect(rarity(days, count)).toBe(text));

  test("the log says from and to where; a rollback that does not hold is trouble", () => {
    const back = after(["start", "advance", "advance", "advance", "trip"]);
    const strayed: Flag = { ...back, effect: back.effect && { ...back.effect, verdict: "ineffective" } };
    const entries = logOf(NOW, [
      { kind: "advanced", by: "anna", reason: "", before: after(["start", "advance", "advance"]), after: atQuarter },
      { kind: "rolled_back", by: "guard", reason: "", before: atQuarter, after: back },
      { kind: "effect_observed", by: "clock", reason: "", before: back, after: strayed },
    ]).data;
    expect(entries.map(decisionTitle)).toEqual([
      "Effect seen: ineffective",
      "Rolled back from 25 %",
      "Advanced to 25 %",
    ]);
    expect(entries.map(decisionTone)).toEqual(["trouble", "trouble", "note"]);
  });

  test("only what moved is announced, and nothing of what is seen for the first time", () => {
    const [before, now] = [listOf([[CHECKOUT, viewOf(atQuarter, NOW)]]).data, listOf([[CHECKOUT, null]]).data];
    expect(changesOf([], now)).toEqual([]);
    expect(changesOf(now, now)).toEqual([]);
    expect(changesOf(before, now)).toEqual(["Checking out a cart: Off, 0 %."]);
  });

  test("a missing scope is named, and not said to be about all of the console", () => {
    const refusal = { reason: "missing_scope", detail: "", scope: "flags:write" } as const;
    expect(refusedChange(refusal)).toBe(
      "This key may not do that: it lacks the scope flags:write. Ask for a key that has it.",
    );
    expect(refusedPanel({ ...refusal, scope: "flags:read" })).toMatch(/this part: it lacks the scope flags:read/);
    expect(refusedPanel({ reason: "not_found", detail: "There is no flag with this key." })).toMatch(/no flag/);
  });

  test("the flag is in the address, whatever its name is", () => {
    const hash = "#/rollout/flag/cart.write";
    expect(readRoute(hash)).toEqual({ screen: "rollout", open: { kind: "flag", key: "cart.write" } });
    expect(writeRoute(readRoute(hash))).toBe(hash);
  });
});

describe("the statistic over time", () => {
  const at = (seconds: number, s: number, err = 0) => {
    return { at: new Date(NOW + seconds * 1_000).toISOString(), ok: 10, err, safe: 0, s, share_percent: 25 };
  };
  const frame = { width: 100, height: 115, from: NOW, to: NOW + 1_000_000 };
  const drawn = (points: ReturnType<typeof at>[]) => guardPath({ bucket_seconds: 10, limit: 800, points }, frame);

  test("is held where nothing came, up to now, and the limit has room above it", () => {
    const { line, area, limitY } = drawn([at(100, 0), at(500, 400, 4)]);
    expect(line).toBe("M10 115H50V65H100");
    expect(area).toBe("M10 115H50V65H100V115H10Z");
    expect(limitY).toBe(15);
  });

  test("shows the peak of what shares a column, marks errors, and counts what is in view only", () => {
    const drawing = drawn([at(-10, 790, 5), at(100, 20), at(101, 700, 1), at(102, 10)]);
    expect(drawing.line).toBe("M10 27.5H100");
    expect(drawing).toMatchObject({ most: 700, operations: 31, errors: 1, ticks: "M10 115v-7" });
  });

  test("beyond the limit nothing is cut off, and without points nothing is drawn", () => {
    expect(Number(/V(-?[\d.]+)H100$/.exec(drawn([at(100, 0), at(200, 2_000)]).line)?.[1])).toBeGreaterThan(0);
    expect(drawn([])).toMatchObject({ line: "", area: "", most: 0 });
  });
});

function raise(): never {
  throw new Error("nothing is expected");
}
