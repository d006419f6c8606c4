import { describe, expect, it } from "vitest";
import {
  backOff,
  BOOKING_HORIZON_MS,
  bookSlots,
  IDLE_THROTTLE,
  observeQueue,
  outlookOf,
  type Pace,
  remainingMs,
} from "../../src/domain/throttle.ts";

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

  it("a clock that is put back by an hour stops no charge for an hour: neither slots nor a pause of before count", () => {
    const hourMs = 3_600_000;
    const busy = bookSlots(IDLE_THROTTLE, POLICY, 100, hourMs);
    expect(Math.max(...bookSlots(busy.state, POLICY, 30, 0).delaysMs)).toBeLessThan(1_000);
    const paused = backOff(busy.state, POLICY, 5_000, hourMs);
    expect(Math.max(...bookSlots(paused, POLICY, 30, 0).delaysMs)).toBeLessThan(1_000);
    // A pause that is asked for now counts again, and no burst comes after it.
    const again = backOff(paused, POLICY, 2_000, 0);
    expect(bookSlots(again, POLICY, 2, 0).delaysMs).toEqual([2_000, 2_010]);
  });

  it("a clock that steps back by a millisecond gives nobody a second burst", () => {
    const full = bookSlots(IDLE_THROTTLE, POLICY, 100_000, 10_000);
    const next = Math.min(...bookSlots(full.state, POLICY, 5, 9_999).delaysMs);
    expect(next).toBeGreaterThan(Math.max(...full.delaysMs) - 1_000);
    const paused = backOff(IDLE_THROTTLE, POLICY, 60_000, 10_000);
    expect(bookSlots(paused, POLICY, 1, 9_999).delaysMs[0]).toBeGreaterThan(59_000);
  });

  it("starts nothing while the provider asked for a pause, and no burst after it", () => {
    const blocked = backOff(IDLE_THROTTLE, POLICY, 2_000, 0);
    const { delaysMs } = bookSlots(blocked, POLICY, 3, 500);
    expect(delaysMs).toEqual([1_500, 1_510, 1_520]);
  });
});

/** Batches of `calls` every `everyMs`, with `behind` messages left after each. */
function watch(
  before: Pace | undefined,
  batches: number,
  { calls = 20, everyMs = 200, behind = 1_000, from = 0 } = {},
): Pace {
  let pace = before;
  for (let i = 0; i < batches; i++) {
    pace = observeQueue(pace, { calls, waitedMs: 30_000, behind }, POLICY, from + i * everyMs);
  }
  if (!pace) throw new Error("no batch");
  return pace;
}

describe("what a shopper is told while charges wait", () => {
  it("is the length of the queue at the limit, as long as the provider keeps up with it", () => {
    const { queueMs } = outlookOf(watch(undefined, 100), 19_800);
    expect(queueMs / 1_000).toBeCloseTo(10, 0);
  });

  it("follows a provider that has become slow: the limit would promise what it cannot keep", () => {
    const slow = watch(watch(undefined, 10), 60, { everyMs: 2_000, from: 2_000 });
    expect(slow.callsPerSecond).toBeGreaterThan(9);
    expect(slow.callsPerSecond).toBeLessThan(12);
  });

  it("never assumes more than the limit, however large the batches that come after a pause", () => {
    expect(watch(undefined, 50, { calls: 100, everyMs: 100 }).callsPerSecond).toBeLessThanOrEqual(100);
  });

  it("is nothing once no batch has come for a minute", () => {
    const pace = watch(undefined, 10);
    expect(outlookOf(pace, pace.at + 60_000)).toEqual({ waitMs: 0, queueMs: 0 });
    expect(outlookOf(undefined, 0)).toEqual({ waitMs: 0, queueMs: 0 });
  });

  it("shrinks as an order comes nearer to its turn, from the whole queue to nothing", () => {
    const outlook = { waitMs: 400_000, queueMs: 250_000 };
    expect([0, 200_000, 400_000, 500_000].map((age) => remainingMs(outlook, age))).toEqual([250_000, 125_000, 0, 0]);
    expect(remainingMs({ waitMs: 0, queueMs: 2_000 }, 50)).toBe(2_000);
  });
});
