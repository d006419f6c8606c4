import { type FlagNews, flagNews } from "../../src/domain/alerts/flag-news.ts";
import type { Flag } from "../../src/domain/guard/flag.ts";
import { BOOK } from "../alert-book/commands.ts";
import type { Job, JobHandlers } from "../job.ts";
import type { DueWork } from "../work.ts";

const TELL = "tell";

/**
 * Writes what the alerts have to hear of a move, in the caller's transaction, and answers the rows to run after it. All that was not told yet is one
 * row, oldest first, so that the end of a rollback never arrives before its beginning.
 */
export function tellOf(work: DueWork, from: Flag, to: Flag, now: number): string[] {
  const news = flagNews(from, to, now);
  if (!news) return [];
  const untold = newsIn(work.payload(TELL) ?? "[]");
  work.put({ id: TELL, kind: TELL, payload: [...untold, news] }, now);
  return [TELL];
}

/** The book recognises what it has heard before: a row that got longer while it was being told is told again as a whole. */
export function tellHandlers(env: Pick<ObjectsEnv, "ALERT_BOOK">): JobHandlers {
  return {
    [TELL]: async (jobs: readonly Job[]) => {
      const news = jobs.flatMap(({ payload }) => newsIn(payload));
      await env.ALERT_BOOK.getByName(BOOK).takeFlags(news);
      return "done";
    },
  };
}

// SAFETY: rows of this kind are only written by `tellOf`.
const newsIn = (payload: string) => JSON.parse(payload) as FlagNews[];
