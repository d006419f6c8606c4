/** How many calls went well and how many failed, told together. Their order among each other is not known. */
export interface MixedBatch {
  readonly ok: number;
  readonly err: number;
}

/** What a failure adds to a CUSUM and what a success takes away; the first is a multiple of the second. */
export interface Steps {
  readonly failure: number;
  readonly success: number;
}

/*
 * The successes of a batch are taken to lie evenly before its failures: before the i-th of `err` failures there are ceil(ok i / err) - ceil(ok (i - 1) / err)
 * of them. That is how they lie, on average, when nothing but a rate is behind the failures. Counting all successes first would make one run of all the
 * failures of a batch, and a peak that none of its successes can take away: nine failures among a million calls would be an outage. Counting them last would
 * hide a path that has just broken. A batch with one failure is the same in each of the ways, but for the last.
 *
 * So spread the sum is nowhere in the batch higher than at its end or at its beginning, and no run in it is longer than the last one: looking at the end is enough.
 */

/**
 * A sum that a failure raises by `failure` and a success lowers by `success`, not below 0, after the batch: the highest of what it comes to when it never
 * stops at 0, when it stops there before the first failure, and when it does so before the last. In between it only rises or only falls.
 */
export function sumAfter(sum: number, { ok, err }: MixedBatch, { failure, success }: Steps): number {
  if (err === 0) return Math.max(0, sum - success * ok);
  const change = failure * err - success * ok;
  return Math.max(sum + change, change + success * Math.ceil(ok / err), failure);
}

/** Failures since the last success, after the batch. */
export const runAfter = (run: number, { ok, err }: MixedBatch): number => (ok === 0 ? run + err : Math.ceil(err / ok));
