import { describe, expect, it } from "vitest";
import { backOff, BOOKING_HORIZON_MS, bookSlots, IDLE_THROTTLE } from "../../src/domain/throttle.ts";

const POLICY = { callsPerSecond: 100, burst: 20 };

describe("the throttle in front of the payment provider", () => {
  it("lets a burst through and then one call per interval", () => {
    const { delaysMs } = bookSlots(IDLE_THROTTLE, POLICY, 23, 1_000_000);
    expect(delaysMs.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 0));
    expect(delaysMs.slice(20)).toEqual([10, 20, 30]);
  });

  it("never starts more than burst + rate x t calls in any window of t seconds", () => {
    let state = IDLE_THROTTLE;
    const starts: number[] = [];
    for (let now = 0; now < 5_000; now += 37) {
      const booked = bookSlots(state, POLICY, 7, now);
      state = booked.state;
      starts.push(...booked.delaysMs.map((delay) => now + delay));
    }
    for (const start of starts) {
      const inWindow = starts.filter((other) => other >= start && other < start + 1_000).length;
      expect(inWindow).toBeLessThanOrEqual(POLICY.burst + POLICY.callsPerSecond);
    }
  });

  it("serves a backlog of any length at its rate, after a pause as well: who waits too long does not take a slot with it", () => {
    const rate = { callsPerSecond: 100, burst: 20 };
    let state = backOff(IDLE_THROTTLE, rate, 60_000, 0);
    let waiting = 20_000;
    const consumers = Array.from({ length: 50 }, () => 0);
    for (let now = 0; now < 400_000 && waiting > 0; now += 100) {
      for (const [i, freeAt] of consumers.entries()) {
        if (freeAt > now || waiting === 0) continue;
        const batch = Math.min(20, waiting);
        const booked = bookSlots(state, rate, batch, now);
        state = booked.state;
        const made = booked.delaysMs.filter((delay) => delay <= BOOKING_HORIZON_MS);
        waiting -= made.length;
        consumers[i] = now + Math.max(500, ...made);
      }
    }
    expect(waiting).toBe(0);
  });

  it("starts nothing while the provider asked for a pause, and no burst after it", () => {
    const blocked = backOff(IDLE_THROTTLE, POLICY, 2_000, 0);
    const { delaysMs } = bookSlots(blocked, POLICY, 3, 500);
    expect(delaysMs).toEqual([1_500, 1_510, 1_520]);
  });
});
