/** Goal: a board that was not told everything says what it was not told. Threat: a part that was never heard of and reads as zero, a mark that outlives the silence. */
import { expect, test } from "vitest";
import { mergeBoard } from "../../src/domain/board/board.ts";
import { applyChange, diffBoards } from "../../src/domain/board/change.ts";
import { shopDay } from "../../src/domain/board/day.ts";
import { missed, seeShard, seeSlice, unseenShard, unseenSlice } from "../../src/domain/board/sources.ts";
import { LocalDays } from "../../src/domain/local-day.ts";
import { countsOf, shardSummary, sliceSummary } from "../support/board-summaries.ts";

const NOW = Date.parse("2026-11-27T15:30:20Z");
const MINUTE = Math.floor(NOW / 60_000);
const day = shopDay(NOW, "UTC", new LocalDays("UTC"));
const NO_ALERTS = { shown: [], total: 0 };
const frame = { now: NOW, day, currency: "USD", top: 100, alerts: NO_ALERTS, newestEventAt: null, eventToFrame: null };
const since = day.yesterdayStartsAt / 60_000;

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
