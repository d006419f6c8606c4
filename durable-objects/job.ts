/**
 * The table that every object with timers or an outbox has. `due_at` in UTC ms. Tables with a text key have no rowid: it would be a second
 * tree, and a page more to write with every change.
 */
export const WORK_TABLE = `CREATE TABLE work (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0)
) STRICT, WITHOUT ROWID`;

/** A row of work. */
export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly payload: string;
  readonly attempts: number;
  /** UTC ms. */
  readonly dueAt: number;
}

/**
 * - `done`: the row goes.
 * - `sent`: done, and doing it again would do no harm: the row goes with the object's next commit of work, or by the alarm.
 * - `commit`: done, and this is written in the transaction that forgets the row. It answers what is to follow the commit.
 * - `again`: not yet, look again at that time.
 *
 * A throw counts as a failure and is retried with backoff.
 */
export type JobResult =
  | "done"
  | "sent"
  | { readonly commit: () => (() => void) | undefined }
  | { readonly again: number };
/** Jobs of one kind that were done together, and how it ended. */
export interface Ended {
  readonly together: readonly Job[];
  readonly result: JobResult | "failed";
}

export const isCommit = (result: Ended["result"]): result is Extract<JobResult, { commit: unknown }> =>
  typeof result === "object" && "commit" in result;

/** One entry per kind of work; jobs of a kind that are due together arrive together, so that a queue send is one batch. */
export type JobHandlers = Record<string, (jobs: readonly Job[]) => Promise<JobResult>>;

/** What is left of it when what it led to could not be written: a failure, to be tried again. */
export const withoutCommit = ({ together, result }: Ended): Ended => ({
  together,
  result: isCommit(result) ? "failed" : result,
});

const BACKOFF_BASE_MS = 1_000;
const BACKOFF_MAX_MS = 5 * 60_000;

/** How long work waits that has failed after so many failures before, jittered. */
export function backoffMs(failuresBefore: number): number {
  const wait = Math.min(BACKOFF_BASE_MS * 2 ** Math.min(failuresBefore, 20), BACKOFF_MAX_MS);
  return Math.floor(wait * (0.5 + Math.random() / 2));
}
