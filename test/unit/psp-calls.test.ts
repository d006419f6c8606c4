import { describe, expect, it } from "vitest";
import { type CallOutcome, type CallSlot, failedShare, withCalls } from "../../src/domain/psp-calls.ts";

/** Goal: the share says whether the provider answers, of a busy shop and of one that makes a call now and then. Threat: one lost call that is taken for an outage. */
const SECOND = 1_000;
type Step = readonly [second: number, outcome: CallOutcome, count?: number];
const play = (...steps: readonly Step[]): readonly CallSlot[] =>
  steps.reduce<readonly CallSlot[]>((slots, [second, outcome, count = 1]) => {
    const calls = Array.from(
      { length: count },
      () => ({ operation: "refunds.create", outcome, latencyMs: 1 }) as const,
    );
    return withCalls(slots, calls, second * SECOND);
  }, []);
const shareAt = (second: number, ...steps: readonly Step[]) => failedShare(play(...steps), second * SECOND);

describe("the share of calls that failed", () => {
  it("is of the last minute, and absent when nobody was asked in it", () => {
    expect(failedShare([], 0)).toBeUndefined();
    expect(shareAt(30, [0, "answered", 60], [10, "indefinite", 20])).toBe(0.25);
    expect(shareAt(65, [0, "answered", 60], [10, "indefinite", 20])).toBe(1);
    expect(shareAt(71, [0, "answered", 60], [10, "indefinite", 20])).toBeUndefined();
  });

  it("needs three failures to be more than half, and one answer to be nothing", () => {
    expect(shareAt(1, [0, "indefinite"])).toBe(0.2);
    expect(shareAt(1, [0, "indefinite", 3])).toBe(0.6);
    expect(shareAt(1, [0, "answered"])).toBe(0);
  });

  it("counts what is unknown and what our credentials caused, and nothing that is an answer", () => {
    for (const outcome of ["answered", "declined", "rejected", "key_conflict", "throttled"] as const)
      expect(shareAt(0, [0, outcome, 9])).toBe(0);
    for (const outcome of ["indefinite", "misconfigured"] as const) expect(shareAt(0, [0, outcome, 9])).toBe(1);
  });

  it("keeps a minute of a day of calls, and nothing of before the clock was put back", () => {
    let slots: readonly CallSlot[] = [];
    for (let second = 0; second < 86_400; second += 7) {
      slots = withCalls(slots, [{ operation: "refunds.create", outcome: "indefinite", latencyMs: 1 }], second * SECOND);
    }
    expect(slots.length).toBeLessThanOrEqual(13);
    expect(failedShare(slots, 0)).toBeUndefined();
    expect(withCalls(slots, [], 0)).toHaveLength(1);
  });
});
