import { describe, expect, test } from "vitest";
import { isPartial, isQuiet, noticesOf, unheardOf } from "../../console/board/silence.ts";
import type { Board, Silence } from "../../src/domain/live.ts";
import { boardOf } from "../support/boards.ts";

/** Goal: the reader knows what is not on the screen. Threat: a part that was never heard of, whose zero is believed. */
const OLD: Silence = { stale_since: "2026-11-27T14:02:00.000Z" };
const UNHEARD: Silence = { stale_since: "2026-11-27T14:05:00.000Z", never_heard: true };
const shard = (name: string, silence: Silence = {}) => {
  return { name, received: 0, sessions: 0, rows_written: 0, unpushed_ms: 0, ...silence };
};
const shardsOf = (...shards: Board["shards"]): Board => boardOf([], { shards });
const time = (ms: number): string => new Date(ms).toISOString().slice(11, 16);

describe("what the banner says", () => {
  test("nothing while everybody answers", () => {
    expect(noticesOf(shardsOf(shard("shard-0")), time)).toEqual([]);
  });

  test("a source that was heard of once is as old as that, and the rest is live", () => {
    expect(noticesOf(shardsOf(shard("shard-0"), shard("shard-1", OLD)), time)).toEqual([
      {
        title: "shard-1 silent since 14:02.",
        text: "What is counted there is as old as that; everything else is live.",
      },
    ]);
  });

  test("one that was never heard of is missing in the sums, and says nothing of being old", () => {
    const [notice, ...others] = noticesOf(shardsOf(shard("shard-0", UNHEARD), shard("shard-1")), time);
    expect(others).toEqual([]);
    expect(notice?.title).toBe("Not heard of yet: shard-0.");
    expect(notice?.text).toMatch(/missing, and sums are too small without it; everything else is live/);
  });

  test("with more than one trouble nothing is said to be live", () => {
    const notices = noticesOf(shardsOf(shard("shard-0", UNHEARD), shard("shard-1", OLD)), time);
    expect(notices.map(({ title }) => title)).toEqual(["Not heard of yet: shard-0.", "shard-1 silent since 14:02."]);
    expect(notices.filter(({ text }) => /live/.test(text))).toEqual([]);
  });
});

test("sums lack a part only by a shard; a count lacks it by a slice as well", () => {
  const slices = [{ name: "slice-1", rows_written: 0, ...UNHEARD }];
  const board = boardOf([], { slices });
  expect([isPartial(board), unheardOf(board)]).toEqual([false, "slice-1"]);
  expect([isPartial(shardsOf(shard("shard-0", OLD))), unheardOf(shardsOf(shard("shard-0", OLD)))]).toEqual([false, ""]);
  expect(isPartial(shardsOf(shard("shard-0", UNHEARD)))).toBe(true);
});

test("a shop of which a shard was never heard is not said to be one in which nothing has happened", () => {
  expect(isQuiet(boardOf([]))).toBe(true);
  expect(isQuiet(shardsOf(shard("shard-0", UNHEARD)))).toBe(false);
});
