/**
 * Goal: a board that is not told everything says what it was not told. Threat: a source in trouble that blanks the board or holds it up, a part that was never heard of and
 * reads as zero.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AlertBook } from "../../durable-objects/alert-book/alert-book.ts";
import type { AlertsInForce } from "../../src/domain/alerts/record.ts";
import { leaveAll, newBoard, screenOf, scriptSources, sources, Watcher } from "../support/objects-board.ts";

const SHARDS = 4;
const pause = (ms: number): Promise<void> => scheduler.wait(ms);

beforeEach(scriptSources);
afterEach(async () => {
  await leaveAll();
  vi.restoreAllMocks();
});

describe("sources in trouble", () => {
  test("a shard that fails keeps its figures on the board, which says since when they are old", async () => {
    sources.views = 5;
    const watcher = await Watcher.open(newBoard());
    await watcher.first();
    let failures = 0;
    sources.shard = (summary) => {
      if (failures++ % SHARDS === 0) throw new Error("out of order");
      return summary;
    };
    await vi.waitFor(() => expect(screenOf(watcher).shards.some((row) => row.stale_since)).toBe(true), {
      timeout: 3_000,
    });
    expect(screenOf(watcher).totals.views).toBe(5 * SHARDS);
    expect(screenOf(watcher).freshness.behind_ms).toBeGreaterThan(0);
    sources.shard = (summary) => summary;
    await vi.waitFor(() => expect(screenOf(watcher).shards.every((row) => !row.stale_since)).toBe(true), {
      timeout: 3_000,
    });
  });

  test("a board that has never heard of a shard does not pass the rest off as the whole, until it hears of it", async () => {
    sources.views = 5;
    let sick: object | undefined;
    sources.shard = (summary, object) => {
      sick ??= object;
      if (object === sick) throw new Error("recovering");
      return summary;
    };
    const watcher = await Watcher.open(newBoard());
    await watcher.first();
    const unheard = () => screenOf(watcher).shards.filter((row) => row.never_heard);
    expect(unheard()).toMatchObject([{ received: 0, stale_since: expect.any(String) }]);
    expect(screenOf(watcher).totals.views).toBe(5 * (SHARDS - 1));
    sources.shard = (summary) => summary;
    await vi.waitFor(() => expect(unheard()).toEqual([]), { timeout: 3_000 });
    expect(screenOf(watcher).totals.views).toBe(5 * SHARDS);
  });

  test("one that does not answer at all delays the board by a second once, and is not asked again meanwhile", async () => {
    const watcher = await Watcher.open(newBoard());
    await watcher.first();
    let hung = 0;
    sources.shard = (summary) => (hung++ === 0 ? new Promise(() => undefined) : summary);
    await vi.waitFor(() => expect(screenOf(watcher).shards.filter((row) => row.stale_since)).toHaveLength(1), {
      timeout: 3_000,
    });
    const seen = watcher.frames.length;
    const asked = sources.asks;
    sources.views = 2;
    await pause(1_300);
    expect(watcher.frames.length).toBeGreaterThanOrEqual(seen + 2);
    expect((sources.asks - asked) % (SHARDS - 1)).toBe(0);
    expect(screenOf(watcher).totals.views).toBe(2 * (SHARDS - 1));
  });

  test("a count is refused rather than too small, and served with a remark once it was complete", async () => {
    const board = newBoard();
    sources.shard = () => {
      throw new Error("out of order");
    };
    expect(await board.ledger()).toMatchObject({
      ok: false,
      reason: "sources_silent",
      sources: ["shard-0", "shard-1", "shard-2", "shard-3"],
    });
    expect((await board.snapshot()).shards).toHaveLength(SHARDS);
    sources.shard = (summary) => ({ ...summary, ledger: { ...summary.ledger, received: 3, applied: 3 } });
    await pause(300);
    expect(await board.ledger()).toMatchObject({ ok: true, value: { stale: [], ledger: { received: 3 * SHARDS } } });
    sources.shard = () => {
      throw new Error("out of order");
    };
    await pause(300);
    expect(await board.ledger()).toMatchObject({ ok: true, value: { ledger: { received: 3 * SHARDS } } });
  });
});

describe("an alert book in trouble", () => {
  const answers = (answer: () => AlertsInForce | Promise<AlertsInForce>) =>
    // SAFETY: RPC awaits what a method returns, so a promise is an answer as well.
    vi.spyOn(AlertBook.prototype, "onBoard").mockImplementation(answer as () => AlertsInForce);
  const linesOf = (log: { readonly mock: { readonly calls: readonly unknown[][] } }): string[] =>
    log.mock.calls.map(([line]) => String(line)).filter((line) => line.includes("alert_book_silent"));

  test("that was never heard of is not one without alerts, and the board says so until it answers", async () => {
    const log = vi.spyOn(console, "log");
    answers(() => {
      throw new Error("restarting");
    });
    const watcher = await Watcher.open(newBoard());
    await watcher.first();
    expect(screenOf(watcher)).toMatchObject({
      alerts: [],
      alert_book: { never_heard: true, stale_since: expect.any(String) },
    });
    // Asked with every tick, and told once.
    await pause(1_000);
    expect(linesOf(log)).toEqual([expect.stringContaining("restarting")]);
    answers(() => ({ shown: [], total: 4 }));
    await vi.waitFor(() => expect(screenOf(watcher)).toMatchObject({ alerts_total: 4 }), { timeout: 3_000 });
    expect(screenOf(watcher).alert_book).toEqual({});
  });

  test("that answers no more leaves what it said, as old as that, and its silence is in the log", async () => {
    const log = vi.spyOn(console, "log");
    const board = newBoard();
    answers(() => ({ shown: [], total: 2 }));
    const before = Date.now();
    const watcher = await Watcher.open(board);
    await watcher.first();
    answers(() => new Promise(() => undefined));
    await board.nudge();
    await vi.waitFor(() => expect(screenOf(watcher).alert_book).not.toEqual({}), { timeout: 3_000 });
    const { alert_book: book, alerts_total: total } = screenOf(watcher);
    expect([book?.never_heard, total]).toEqual([undefined, 2]);
    expect(Date.parse(book?.stale_since ?? "")).toBeGreaterThanOrEqual(before);
    expect(Date.parse(book?.stale_since ?? "")).toBeLessThan(Date.now() - 900);
    expect(linesOf(log)).toEqual([expect.stringContaining("no answer within 1000 ms")]);
  });
});
