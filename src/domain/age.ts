/** Requests of one isolate do not share one clock: that of each stands still while it computes. So far behind is not put back, in ms. */
export const CLOCK_SKEW_MS = 1_000;

/**
 * How old something is, in ms. What seems to come from the future is from before the clock was put back: nobody knows how old it is, so it is too old for
 * anything. A plain difference would be negative, which is younger than any limit, for as long as the clock was ahead.
 */
export function ageMs(at: number, now: number): number {
  return at - now > CLOCK_SKEW_MS ? Infinity : Math.max(0, now - at);
}
