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
 * - `sent`: done, and doing it again would do no harm: the row goes with the object's next commit, or by the alarm.
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
