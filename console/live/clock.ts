/** What one ping told: how long the way there and back took, and how far the server's clock is ahead of ours (ms). */
export interface ClockSample {
  readonly roundTripMs: number;
  readonly aheadMs: number;
}

const KEPT = 8;

/** The answer is taken to have been written halfway through the round trip, as in RFC 5905 (NTP), section 8. */
export const clockSample = (askedAt: number, sentAt: number, heardAt: number): ClockSample => ({
  roundTripMs: heardAt - askedAt,
  aheadMs: sentAt - (askedAt + heardAt) / 2,
});

/** A way that took less than no time went over a clock that was put back: it says nothing, and what was measured before is of another clock. */
export const withSample = (samples: readonly ClockSample[], sample: ClockSample): readonly ClockSample[] =>
  sample.roundTripMs < 0 ? [] : [...samples, sample].slice(-KEPT);

/** The quickest round trip is the least delayed one, and errs by at most half of itself. */
export const bestSample = (samples: readonly ClockSample[]): ClockSample | undefined =>
  samples.toSorted((a, b) => a.roundTripMs - b.roundTripMs)[0];
