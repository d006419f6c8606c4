/** Goal: a board that was not told everything says what it was not told. Threat: a part that was never heard of and reads as zero, a mark that outlives the silence. */
import { describe, expect, test } from "vitest";
import { mergeBoard } from "../../src/domain/board/board.ts";
import { applyChange, diffBoards } from "../../src/domain/board/change.ts";
import {
  missed,
  seeAlerts,
  seeShard,
  seeSlice,
  UNSEEN_ALERTS,
  unseenShard,
  unseenSlice,
} from "../../src/domain/board/sources.ts";
import type { Board } from "../../src/domain/live.ts";
import { frame, MINUTE, NOW, since } from "../support/board-frame.ts";
import { countsOf, shardSummary, sliceSummary } from "../support/board-summaries.ts";

test("a source that was never heard of is marked as one whose part is missing, not as one that counted nothing (pitfall 21)", () => {
  const told = seeShard(unseenShard("shard-0"), shardSummary({ counts: [countsOf(MINUTE, { views: 5 })] }), NOW, since);
  const silent = missed(unseenShard("shard-1"), NOW - 2_000);
  const slices = [missed(unseenSlice("slice-0"), NOW), seeSlice(unseenSlice("slice-1"), sliceSummary({}), NOW)];
  const board = mergeBoard({ shards: [told, silent], slices }, frame);
  expect(board.totals.views).toBe(5);
  const marks = [...board.shards, ...(board.slices ?? [])].map((row) => [row.name, row.never_heard]);
  expect(marks).toEqual([
    ["shard-0", undefined],
    ["shard-1", true],
    ["slice-0", true],
    ["slice-1", undefined],
  ]);
  const heard = seeShard(silent, shardSummary({}), NOW, since);
  const healed = mergeBoard({ shards: [told, heard], slices }, frame);
  expect(healed.shards[1]).not.toHaveProperty("never_heard");
  expect(applyChange(board, diffBoards(board, healed) ?? {}).shards).toEqual(healed.shards);
});

describe("the alert book", () => {
  const emptyBoard = (alerts: typeof frame.alerts): Board =>
    mergeBoard({ shards: [], slices: [] }, { ...frame, alerts });
  const at = (ms: number): string => new Date(ms).toISOString();

  test("while it was never heard of, no alert is one that is not known, from the first silence on", () => {
    const silent = missed(missed(UNSEEN_ALERTS, NOW - 4_000), NOW);
    expect(emptyBoard(UNSEEN_ALERTS).alert_book).toEqual({ never_heard: true });
    expect(emptyBoard(silent)).toMatchObject({ alerts: [], alerts_total: 0 });
    expect(emptyBoard(silent).alert_book).toEqual({ stale_since: at(NOW - 4_000), never_heard: true });
  });

  test("what it said before it fell silent stays, as old as that; and that it speaks again reaches who follows the changes", () => {
    const told = seeAlerts(UNSEEN_ALERTS, { shown: [], total: 7 }, NOW - 9_000);
    const silent = emptyBoard(missed(told, NOW));
    expect(silent).toMatchObject({ alerts_total: 7, alert_book: { stale_since: at(NOW - 9_000) } });
    const healed = emptyBoard(seeAlerts(told, { shown: [], total: 7 }, NOW));
    const change = diffBoards(silent, healed);
    expect(change).toEqual({ alert_book: {} });
    expect(applyChange(silent, change ?? {})).toEqual(healed);
  });
});
