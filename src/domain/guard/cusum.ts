/**
 * The guard's statistic: a Bernoulli CUSUM that watches for an error rate above 1 %. `S = max(0, S + x - 0.01)`, where x is 1 for a failed
 * operation and 0 for one that worked, trips at 8. In integers, so that no sum of hundredths drifts: a failure adds 99, a success takes 1 away,
 * and 800 trips.
 *
 * A windowed ratio with a minimum sample, the usual way, raises a false alarm in a quarter to a third of runs of 100,000 operations at a healthy
 * 0.1 %; this one needs 2e11 operations for one at twice that rate (characteristic.ts, and the golden table in test/unit/guard.test.ts).
 * Source: M. R. Reynolds and Z. G. Stoumbos, "A CUSUM chart for monitoring a proportion", Journal of Quality Technology 31 (1999).
 */
export const ERROR_STEP = 99;
export const SUCCESS_STEP = 1;
export const TRIP_AT = 800;
/** Failures in a row, with no success in between, that trip whatever the sum is: a path that is dead need not be watched dying. */
export const RUN_LIMIT = 5;

export interface GuardState {
  /** 0 to below `TRIP_AT` while nothing is wrong. */
  readonly s: number;
  /** Failures since the last success. */
  readonly run: number;
}

export type TripRule = "cusum" | "run";

export const CALM: GuardState = { s: 0, run: 0 };

/**
 * Takes in a batch. Its successes count before its failures, which is how they came: a failure is reported at once, together with the successes
 * that waited to be reported. Throws on anything but whole numbers from 0: a count that is not there is not zero.
 */
export function watch(guard: GuardState, { ok, err }: { readonly ok: number; readonly err: number }): GuardState {
  if (!isCount(ok) || !isCount(err)) throw new Error(`a batch of ${ok} successes and ${err} failures is no batch`);
  return {
    s: Math.max(0, guard.s - SUCCESS_STEP * ok) + ERROR_STEP * err,
    run: err === 0 ? (ok === 0 ? guard.run : 0) : (ok === 0 ? guard.run : 0) + err,
  };
}

/** Which rule says that the path is to be left, if any. */
export function tripped({ s, run }: GuardState): TripRule | undefined {
  if (s >= TRIP_AT) return "cusum";
  return run >= RUN_LIMIT ? "run" : undefined;
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
