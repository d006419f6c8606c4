/** What a product is worth per event: an order says more than a view. */
export const TREND_WEIGHTS = { view: 1, add: 3, order: 10 } as const;

const SHORT_HALF_LIFE_MS = 5 * 60_000;
const LONG_HALF_LIFE_MS = 24 * 60 * 60_000;
/** Below this weight in the last minutes it is chance, not a trend. */
export const TREND_MIN_SUPPORT = 5;

/**
 * Two sums of weights that halve every 5 minutes and every 24 hours, as of `at` (UTC ms). The decay runs forward with event time (Cormode et
 * al., "Forward decay", 2009): what comes late is added with the weight it has left, so the order of arrival makes no difference.
 */
export interface Trend {
  short: number;
  long: number;
  at: number;
}

export const noTrend = (): Trend => ({ short: 0, long: 0, at: 0 });

export function addToTrend(trend: Trend, at: number, weight: number): void {
  if (at > trend.at) {
    trend.short = trend.short * 2 ** ((trend.at - at) / SHORT_HALF_LIFE_MS) + weight;
    trend.long = trend.long * 2 ** ((trend.at - at) / LONG_HALF_LIFE_MS) + weight;
    trend.at = at;
  } else {
    trend.short += weight * 2 ** ((at - trend.at) / SHORT_HALF_LIFE_MS);
    trend.long += weight * 2 ** ((at - trend.at) / LONG_HALF_LIFE_MS);
  }
}

/**
 * How far the last minutes are above what the last day lets one expect, in units of chance (the standard deviation of that expectation, one at
 * least); 0 without enough support. A product that always sells well is expected to; a product without a past is judged by its present.
 */
export function trendScore(trend: Trend, now: number): number {
  const ageMs = Math.max(0, now - trend.at);
  const short = trend.short * 2 ** (-ageMs / SHORT_HALF_LIFE_MS);
  if (short < TREND_MIN_SUPPORT) return 0;
  const expected = trend.long * 2 ** (-ageMs / LONG_HALF_LIFE_MS) * (SHORT_HALF_LIFE_MS / LONG_HALF_LIFE_MS);
  return Math.max(0, (short - expected) / Math.sqrt(expected + 1));
}
