/** Durations by size: bucket n has those up to 2^(n / 2) ms, so a quantile is at most 41 % too large and never too small. Sums of them are sums. */
export const BUCKETS = 34;

export type Durations = readonly number[];

export const noDurations = (): number[] => Array.from({ length: BUCKETS }, () => 0);

export const bucketOf = (ms: number): number =>
  Math.min(BUCKETS - 1, Math.max(0, Math.ceil(2 * Math.log2(Math.max(1, ms)))));

export const sumOf = (a: Durations, b: Durations): number[] => a.map((count, n) => count + (b[n] ?? 0));

/** `null` when there are none. `share` from 0 to 1. */
export function quantile(durations: Durations, share: number): number | null {
  const total = durations.reduce((sum, count) => sum + count, 0);
  let left = Math.ceil(total * share);
  for (const [n, count] of durations.entries()) {
    left -= count;
    if (total > 0 && left <= 0) return Math.round(2 ** (n / 2));
  }
  return null;
}
