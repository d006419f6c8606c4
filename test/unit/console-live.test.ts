import { describe, expect, test } from "vitest";
import { backoffMs } from "../../console/live/backoff.ts";
import { bestSample, clockSample, withSample } from "../../console/live/clock.ts";
import { broken, type Followed, follow, NOTHING, polled } from "../../console/live/follow.ts";
import { LatencyWindow } from "../../console/live/latency.ts";
import { phaseOf, SILENCE_MS, type Signs } from "../../console/live/phase.ts";
import type { BoardChange, LiveFrame } from "../../src/domain/live.ts";
import { boardOf, productOf } from "../support/boards.ts";

/** Goal: the screen never shows a mixture of boards. The threat is a frame that is lost, late, doubled or of another life of the board. */
const snapshot = (seq: number, epoch = "a", board = boardOf([productOf("A")])): LiveFrame => ({
  type: "snapshot",
  epoch,
  seq,
  sent_at: 0,
  board,
});
const delta = (seq: number, change: BoardChange = {}, epoch = "a"): LiveFrame => ({
  type: "delta",
  epoch,
  seq,
  sent_at: 0,
  newest_received_at: 1_000 + seq,
  change,
});
const views = (count: number): BoardChange => ({ products: { set: [productOf("A", { views: count })], gone: [] } });
const shownBy = ({ board }: Followed): number | undefined => board?.products[0]?.views;
const after = (...frames: LiveFrame[]): Followed => frames.reduce((state, frame) => follow(state, frame).next, NOTHING);

describe("following the stream", () => {
  test("a delta in turn is applied, and says which event it is the first to show", () => {
    const step = follow(after(snapshot(7)), delta(8, views(5)));
    expect(shownBy(step.next)).toBe(5);
    expect(step).toMatchObject({ ask: false, receivedAt: 1_008 });
  });

  test("a gap asks for a snapshot once, keeps what there was, and passes over everything until it comes", () => {
    const gap = follow(after(snapshot(7)), delta(9, views(5)));
    expect(gap).toMatchObject({ ask: true, receivedAt: null, next: { isAwaiting: true, seq: 7 } });
    expect(shownBy(gap.next)).toBe(0);
    const later = follow(gap.next, delta(10, views(6)));
    expect(later).toMatchObject({ ask: false, receivedAt: null });
    expect(shownBy(later.next)).toBe(0);
    const healed = follow(later.next, snapshot(10, "a", boardOf([productOf("A", { views: 6 })])));
    expect(healed).toMatchObject({ ask: false, next: { isAwaiting: false, seq: 10 } });
    expect(shownBy(follow(healed.next, delta(11, views(7))).next)).toBe(7);
  });

  test("a delta of another life of the board is a gap, even with the right number", () => {
    expect(follow(after(snapshot(7)), delta(8, views(5), "b"))).toMatchObject({ ask: true, next: { epoch: "a" } });
  });

  test("a delta that the snapshot already includes changes nothing and asks for nothing", () => {
    const state = after(snapshot(7));
    expect(follow(state, delta(7, views(9)))).toEqual({ next: state, ask: false, receivedAt: null });
  });

  test("an older snapshot of the same life does not turn the board back, unless one was asked for", () => {
    const state = after(snapshot(7), delta(8, views(5)));
    expect(follow(state, snapshot(6)).next).toBe(state);
    expect(follow(broken(state), snapshot(6)).next.seq).toBe(6);
    expect(follow(state, snapshot(1, "b")).next).toMatchObject({ epoch: "b", seq: 1 });
  });

  test("after a break nothing but a snapshot moves the board, and nothing is asked for that comes by itself", () => {
    const state = broken(after(snapshot(7)));
    expect(follow(state, delta(8, views(5)))).toMatchObject({ ask: false, next: { isAwaiting: true } });
  });

  test("before the first snapshot a delta means nothing", () => {
    expect(follow(NOTHING, delta(1))).toEqual({ next: NOTHING, ask: false, receivedAt: null });
  });

  test("rows that a snapshot repeats stay the same objects, so that they are not drawn again", () => {
    const state = after(snapshot(7, "a", boardOf([productOf("A"), productOf("B")])));
    const next = follow(state, snapshot(8, "a", boardOf([productOf("A", { views: 1 }), productOf("B")]))).next;
    const row = (from: Followed, sku: string) => from.board?.products.find((product) => product.sku === sku);
    expect(row(next, "B")).toBe(row(state, "B"));
    expect(row(next, "A")).not.toBe(row(state, "A"));
  });

  test("a polled board has no place in the stream: the next delta is not applied to it", () => {
    const state = polled(after(snapshot(7)), boardOf([productOf("A", { views: 3 })]));
    expect(state).toMatchObject({ isAwaiting: false, epoch: "" });
    expect(follow(state, delta(8, views(9)))).toMatchObject({ ask: true });
  });
});

describe("what may be believed", () => {
  const signs: Signs = { hasBoard: true, isAwaiting: false, brokenAt: null, heardAt: 10_000, attendedAt: 0 };
  test.each([
    [{ hasBoard: false }, 10_000, "connecting"],
    [{}, 10_000, "live"],
    [{ isAwaiting: true }, 10_000, "replaying"],
    [{ brokenAt: 10_000 }, 12_000, "replaying"],
    [{ brokenAt: 10_000 }, 13_001, "stale"],
    [{}, 10_000 + SILENCE_MS, "live"],
    [{}, 10_001 + SILENCE_MS, "stale"],
    [{ isAwaiting: true }, 10_001 + SILENCE_MS, "stale"],
    [{ attendedAt: 20_000 }, 20_000 + SILENCE_MS, "live"],
    // The clock was put back by an hour after the board was heard of, after the page was opened, after the connection was lost.
    [{ heardAt: 3_600_000 }, 60_000, "stale"],
    [{ attendedAt: 3_600_000, heardAt: 60_000 }, 60_000, "live"],
    [{ heardAt: 60_000, brokenAt: 3_600_000 }, 60_000, "stale"],
  ] as const)("%j at %i is %s", (change, now, phase) => {
    expect(phaseOf({ ...signs, ...change }, now)).toBe(phase);
  });
});

describe("reconnecting", () => {
  test("waits twice as long each time up to 15 s, and never all consoles at once", () => {
    expect([0, 1, 2, 3].map((attempt) => backoffMs(attempt, 0))).toEqual([250, 500, 1_000, 2_000]);
    expect([0, 1, 2, 3].map((attempt) => backoffMs(attempt, 0.999))).toEqual([499.75, 999.5, 1_999, 3_998]);
    expect(backoffMs(1_000, 0.999)).toBeLessThanOrEqual(15_000);
    expect(backoffMs(1_000, 0)).toBe(7_500);
  });
});

describe("the clock", () => {
  test("a server that is 40 ms ahead over a way of 10 ms each is found to be exactly that", () => {
    expect(clockSample(1_000, 1_050, 1_020)).toEqual({ roundTripMs: 20, aheadMs: 40 });
  });

  test("of the last eight pings the quickest is believed: a slow way back would look like a wrong clock", () => {
    const slow = clockSample(0, 40, 500);
    const quick = clockSample(0, 50, 20);
    expect(bestSample(withSample(withSample([], quick), slow))).toBe(quick);
    const later = Array.from({ length: 8 }, () => slow).reduce(withSample, [quick]);
    expect(later).toHaveLength(8);
    expect(later).not.toContain(quick);
    expect(bestSample([])).toBeUndefined();
  });

  test("put back while a ping is on its way is not the quickest way there ever was", () => {
    const before = withSample([], clockSample(3_600_000, 3_600_010, 3_600_020));
    expect(withSample(before, clockSample(3_605_000, 3_605_010, 5_020))).toEqual([]);
  });
});

describe("event to screen", () => {
  test("quantiles are exact, over five minutes, and never of nothing", () => {
    const window = new LatencyWindow();
    expect(window.quantiles(0)).toBeNull();
    window.add(0, 9_999);
    for (let ms = 1; ms <= 100; ms += 1) window.add(300_000, ms);
    expect(window.quantiles(300_001)).toEqual({ p50: 50, p99: 99, count: 100 });
    expect(window.quantiles(600_001)).toBeNull();
    window.add(3_600_000, 9_999);
    expect(window.quantiles(0)).toBeNull();
  });

  test("a clock that is wrong by more than the way cannot make an event arrive before it was sent", () => {
    const window = new LatencyWindow();
    window.add(0, -30);
    expect(window.quantiles(1)).toMatchObject({ p50: 0, p99: 0 });
  });

  test("a page that is open for a day under load keeps a bounded number of samples", () => {
    const window = new LatencyWindow();
    for (let at = 0; at < 10_000; at += 1) window.add(at, 1);
    expect(window.quantiles(10_000)?.count).toBeLessThanOrEqual(4_000);
  });
});
