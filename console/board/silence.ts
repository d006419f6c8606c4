import type { Board, Silence } from "../../src/domain/live.ts";

/** One thing that is not the present, or not all of it. */
export interface Notice {
  readonly title: string;
  readonly text: string;
}

type Source = Silence & { readonly name: string };

const sourcesOf = ({ shards, slices = [] }: Board): readonly Source[] => [...shards, ...slices];
const namesOf = (sources: readonly Source[]): string => sources.map(({ name }) => name).join(", ");

/** Whether the sums of the shop lack a part: one of those who count them was never heard of. */
export const isPartial = ({ shards }: Pick<Board, "shards">): boolean => shards.some((row) => row.never_heard === true);

/** Names of the sources without which a count is too small; empty when all of them have told theirs. */
export const unheardOf = (board: Board): string => namesOf(sourcesOf(board).filter((row) => row.never_heard === true));

/** Nothing has happened yet, today or yesterday, and everybody who counts has said so. What is only known of the stock does not count. */
export const isQuiet = ({ minutes, ledger, totals, shards }: Board): boolean =>
  !isPartial({ shards }) &&
  minutes.length === 0 &&
  ledger.received === 0 &&
  totals.visitors_today === 0 &&
  totals.orders.today === 0;

type WriteTime = (ms: number) => string;

/** What the reader has to know before they believe the screen. `time` is how a time is written. */
export function noticesOf(board: Board, time: WriteTime): Notice[] {
  const found = [missing(board), old(board, time), unsureAlerts(board, time)];
  const notices = found.filter((notice) => notice !== undefined);
  const rest = notices.length === 1 ? "; everything else is live." : ".";
  return notices.map(({ title, text }) => ({ title, text: text + rest }));
}

function missing(board: Board): Notice | undefined {
  const names = unheardOf(board);
  if (names === "") return undefined;
  return {
    title: `Not heard of yet: ${names}.`,
    text: "What is counted there is missing, and sums are too small without it",
  };
}

function old(board: Board, time: WriteTime): Notice | undefined {
  const silent = sourcesOf(board).filter((row) => row.never_heard !== true && row.stale_since !== undefined);
  if (silent.length === 0) return undefined;
  const since = Math.min(...silent.map((row) => Date.parse(row.stale_since ?? "")));
  return { title: `${namesOf(silent)} silent since ${time(since)}.`, text: "What is counted there is as old as that" };
}

function unsureAlerts({ alert_book: book }: Board, time: WriteTime): Notice | undefined {
  if (book?.never_heard)
    return { title: "Alerts are not known.", text: "The book that keeps them was not heard of yet" };
  if (book?.stale_since === undefined) return undefined;
  const title = `Alerts are those of ${time(Date.parse(book.stale_since))}.`;
  return { title, text: "What has begun or ended since then is not known" };
}

/** What stands in the place of the alerts when there are none: only a book that answers can say that nothing needs anybody. */
export function withoutAlerts(
  book: Silence | undefined,
  time: WriteTime,
): { readonly isCalm: boolean; readonly text: string } {
  if (book?.never_heard) return { isCalm: false, text: "Whether anything needs you is not known yet." };
  if (book?.stale_since !== undefined) {
    const then = time(Date.parse(book.stale_since));
    return { isCalm: false, text: `Nothing needed you at ${then}. What has begun since then is not known.` };
  }
  const text = "Nothing needs you. Products that run low and whatever else a rule watches show up here.";
  return { isCalm: true, text };
}
