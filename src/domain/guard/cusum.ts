import { type MixedBatch, runAfter, type Steps, sumAfter } from "../mixed-batch.ts";

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

const STEPS: Steps = { failure: ERROR_STEP, success: SUCCESS_STEP };

/**
 * Takes in a batch. An isolate tells a failure at once, with the successes that waited to be told: those came before it. Whoever tells more failures at a
 * time does not say in which order they came, so they are spread (mixed-batch.ts). Throws on anything but whole numbers from 0: a count that is not there
 * is not zero.
 */
export function watch(guard: GuardState, batch: MixedBatch): GuardState {
  const { ok, err } = batch;
  if (!isCount(ok) || !isCount(err)) throw new Error(`a batch of ${ok} successes and ${err} failures is no batch`);
  return { s: sumAfter(guard.s, batch, STEPS), run: runAfter(guard.run, batch) };
}

/** Which rule says that the path is to be left, if any. */
export function tripped({ s, run }: GuardState): TripRule | undefined {
  if (s >= TRIP_AT) return "cusum";
  return run >= RUN_LIMIT ? "run" : undefined;
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
