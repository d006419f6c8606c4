import { describe, expect, test } from "vitest";
import { newsOf } from "../../console/alerts/news.ts";
import { isPartial, isQuiet, noticesOf, unheardOf, withoutAlerts } from "../../console/board/silence.ts";
import type { Board, BoardAlert, Silence } from "../../src/domain/live.ts";
import { boardOf } from "../support/boards.ts";

/** Goal: the reader knows what is not on the screen. Threat: a part that was never heard of, whose zero is believed; a calm that nobody has vouched for. */
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

  test("alerts are not known, or as old as the last answer of the book that keeps them", () => {
    const titleWith = (book: Silence) => noticesOf(boardOf([], { alert_book: book }), time).map(({ title }) => title);
    expect(titleWith({})).toEqual([]);
    expect(titleWith(OLD)).toEqual(["Alerts are those of 14:02."]);
    expect(titleWith(UNHEARD)).toEqual(["Alerts are not known."]);
  });
});

describe("a rail without alerts", () => {
  test("is calm only when the book says that there are none", () => {
    expect(withoutAlerts({}, time)).toMatchObject({ isCalm: true, text: expect.stringMatching(/^Nothing needs you/) });
    expect(withoutAlerts(undefined, time)).toMatchObject({ isCalm: true });
    for (const book of [OLD, UNHEARD]) {
      const { isCalm, text } = withoutAlerts(book, time);
      expect([isCalm, /Nothing needs you/.test(text)]).toEqual([false, false]);
      expect(text).toContain("not known");
    }
    expect(withoutAlerts(OLD, time).text).toContain("14:02");
  });
});

describe("what is announced", () => {
  const alert = (id: string): BoardAlert => {
    return { id, kind: "metric", severity: "critical", rule: "r", title: id, detail: "", since: "" };
  };
  /** The ids that are announced, frame by frame. */
  function announced(...frames: readonly (readonly [alerts: readonly string[], isHeard: boolean])[]): string[][] {
    let known: ReturnType<typeof newsOf>["known"] = null;
    return frames.map(([ids, isHeard]) => {
      const news = newsOf(known, ids.map(alert), isHeard);
      known = news.known;
      return news.fresh.map(({ id }) => id);
    });
  }

  test("is what comes, and nothing of what was there when the page was opened", () => {
    expect(announced([["a"], true], [["a", "b"], true], [["b"], true], [["a", "b"], true])).toEqual([
      [],
      ["b"],
      [],
      ["a"],
    ]);
  });

  test("is not what was in force before the board started anew and had not heard of the alerts", () => {
    expect(announced([["a"], true], [[], false], [["a", "b"], true])).toEqual([[], [], ["b"]]);
  });

  test("is nothing of what a page hears of first that was opened while they were not known", () => {
    expect(announced([[], false], [["a"], true], [["a", "b"], true])).toEqual([[], [], ["b"]]);
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
