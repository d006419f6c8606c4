import { ERROR_STEP, RUN_LIMIT, SUCCESS_STEP, TRIP_AT } from "./cusum.ts";

/**
 * How many operations the guard takes on average to trip from rest, when each of them fails with probability `errorRate`: exact, from the
 * Markov chain over S, not from a simulation. It is the mean time to detect a fault when the rate is bad, and between false alarms when it is good.
 *
 * One step of the chain is "so many failures, then a success": after a success the run is over, so S alone is the state, with and without the
 * rule for runs. From S the chain moves down by one at most, so the equations are solved from below: E(s) = c + sum of w(j) E(s + j), j > 0, with
 * E(s - 1) already in that form. All terms are positive, so nothing cancels even where the answer is 1e14.
 */
export function meanOperationsToTrip(
  errorRate: number,
  { runRule = true }: { readonly runRule?: boolean } = {},
): number {
  if (!(errorRate > 0 && errorRate <= 1)) throw new Error(`${errorRate} is not an error rate above 0 and up to 1`);
  const failuresMax = runRule ? RUN_LIMIT : Math.ceil(TRIP_AT / ERROR_STEP);
  const width = failuresMax * ERROR_STEP + 1;
  const constants: number[] = [];
  const weights: Float64Array[] = [];
  for (let s = 0; s < TRIP_AT; s++) {
    const { operations, jumps, stay, down } = cycleFrom(s, errorRate, failuresMax, width);
    let constant = operations;
    let again = stay;
    const below = weights[s - 1];
    if (below && down > 0) {
      constant += down * (constants[s - 1] ?? 0);
      again += down * (below[1] ?? 0);
      for (let j = 2; j < width; j++) jumps[j - 1] = (jumps[j - 1] ?? 0) + down * (below[j] ?? 0);
    }
    constants.push(constant / (1 - again));
    weights.push(jumps.map((weight) => weight / (1 - again)));
  }
  return solvedFromAbove(constants, weights);
}

interface Cycle {
  /** Operations in this cycle, on average. */
  readonly operations: number;
  /** Probability of ending the cycle at `s + j`. */
  readonly jumps: Float64Array;
  /** Of ending it at `s`, which only happens at 0, and at `s - 1`. */
  readonly stay: number;
  readonly down: number;
}

function cycleFrom(s: number, errorRate: number, failuresMax: number, width: number): Cycle {
  const jumps = new Float64Array(width);
  let operations = 0;
  let reached = 1;
  let [stay, down] = [0, 0];
  for (let failures = 0; failures < failuresMax && s + ERROR_STEP * failures < TRIP_AT; failures++) {
    operations += reached;
    const ended = reached * (1 - errorRate);
    if (failures > 0) jumps[ERROR_STEP * failures - SUCCESS_STEP] = ended;
    else if (s === 0) stay = ended;
    else down = ended;
    reached *= errorRate;
  }
  return { operations, jumps, stay, down };
}

function solvedFromAbove(constants: readonly number[], weights: readonly Float64Array[]): number {
  const means = new Float64Array(TRIP_AT);
  for (let s = TRIP_AT - 1; s >= 0; s--) {
    let mean = constants[s] ?? 0;
    // Beyond the limit nothing is left to wait for.
    for (let j = 1; s + j < TRIP_AT && j < (weights[s]?.length ?? 0); j++) {
      mean += (weights[s]?.[j] ?? 0) * (means[s + j] ?? 0);
    }
    means[s] = mean;
  }
  return means[0] ?? 0;
}

/** Rates that a healthy shop has, and rates that a broken one has. */
const HEALTHY_RATES = [0.001, 0.002, 0.003, 0.005] as const;
const FAULTY_RATES = [0.02, 0.05, 0.1, 1] as const;
const SECONDS_PER_DAY = 86_400;

export interface Characteristic {
  readonly operationsPerSecond: number;
  /** Per healthy rate: how often this guard would roll back for nothing. */
  readonly falseAlarms: readonly {
    readonly errorRate: number;
    readonly operations: number;
    readonly everyDays: number;
  }[];
  /** Per faulty rate: how soon it is noticed. */
  readonly detection: readonly { readonly errorRate: number; readonly operations: number; readonly seconds: number }[];
}

/** What can be expected of the guard at this traffic. The chain is solved once; it does not depend on the traffic. */
export function characteristicAt(operationsPerSecond: number): Characteristic {
  const rate = Math.max(operationsPerSecond, Number.MIN_VALUE);
  return {
    operationsPerSecond,
    falseAlarms: HEALTHY_RATES.map((errorRate) => {
      const operations = solved(errorRate);
      return { errorRate, operations, everyDays: operations / rate / SECONDS_PER_DAY };
    }),
    detection: FAULTY_RATES.map((errorRate) => {
      const operations = solved(errorRate);
      return { errorRate, operations, seconds: operations / rate };
    }),
  };
}

const known = new Map<number, number>();

function solved(errorRate: number): number {
  const mean = known.get(errorRate) ?? meanOperationsToTrip(errorRate);
  known.set(errorRate, mean);
  return mean;
}
