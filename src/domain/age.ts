/**
 * How old something is, in ms. What seems to come from the future is from before the clock was put back: nobody knows how old it is, so it is too old for
 * anything. A plain difference would be negative, which is younger than any limit, for as long as the clock was ahead.
 */
export const ageMs = (at: number, now: number): number => (at > now ? Infinity : now - at);
