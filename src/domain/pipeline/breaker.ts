import { ageMs, CLOCK_SKEW_MS } from "../age.ts";
import { runAfter, type Steps, sumAfter } from "../mixed-batch.ts";

/**
 * A breaker of one lane. It opens on five failures in a row, or when a Bernoulli CUSUM crosses its limit: every failure adds 0.95, every success takes
 * 0.05 away (5 % of failures keep it where it is), not below 0; the limit is 5. In hundredths, so that it is exact.
 */
export const RUN_LIMIT = 5;
export const TRIP_AT = 500;
const STEPS: Steps = { failure: 95, success: 5 };

/** Open for 10 s, then 20, 40, ... up to 300 s, while probes keep failing or it opens again soon. */
export const OPEN_BASE_MS = 10_000;
export const OPEN_MAX_MS = 300_000;
/** One that opens again within this time of having closed goes on where it was. */
export const RELAPSE_MS = 300_000;
/** Successes in half-open that close it, and the most that are tried there. */
export const PROBES = 10;

export type BreakerState = "closed" | "open" | "half_open";
export type TripRule = "run" | "cusum" | "probe";

/** Times in UTC ms. */
export interface Breaker {
  readonly state: BreakerState;
  /** Of the CUSUM, in hundredths. */
  readonly s: number;
  readonly run: number;
  /** How often in a row it opened: the exponent of how long. */
  readonly opens: number;
  /** Since when it is not closed; null while it is. */
  readonly since: number | null;
  readonly openUntil: number;
  readonly probed: number;
  readonly closedAt: number;
}

export const CLOSED: Breaker = {
  state: "closed",
  s: 0,
  run: 0,
  opens: 0,
  since: null,
  openUntil: 0,
  probed: 0,
  closedAt: 0,
};

export interface Outcomes {
  readonly ok: number;
  readonly errors: number;
  /** Of calls that were made although it was open, by whoever has nothing else to do. If they succeed, nobody has to wait for the time to pass. */
  readonly unasked?: boolean | undefined;
}

export interface Moved {
  readonly breaker: Breaker;
  /** What it did about these outcomes; null when it stayed as it was. */
  readonly change: { readonly to: "open"; readonly rule: TripRule } | { readonly to: "closed" } | null;
}

/**
 * Time alone moves it in one way: what was open for long enough is half open. What would be open for longer than it ever is was opened before the clock was
 * put back, and has been open for nobody knows how long.
 */
export function atTime(breaker: Breaker, now: number): Breaker {
  const leftMs = breaker.openUntil - now;
  if (breaker.state !== "open" || (leftMs > 0 && leftMs <= openMs(breaker.opens) + CLOCK_SKEW_MS)) return breaker;
  return { ...breaker, state: "half_open", probed: 0 };
}

/**
 * Takes in outcomes of which the order is not known: what a consumer tells after its batch is spread (mixed-batch.ts), or five messages of a hundred that
 * wait for their next delivery would be five failures in a row. While it is open they are those of calls that had begun before, and say nothing new, unless
 * they were made on purpose.
 */
export function observe(before: Breaker, { ok, errors, unasked = false }: Outcomes, now: number): Moved {
  const breaker = atTime(before, now);
  switch (breaker.state) {
    case "open":
      if (!unasked || ok === 0 || errors > 0) return { breaker, change: null };
      return probe({ ...breaker, state: "half_open", probed: 0 }, { ok, errors }, now);
    case "half_open":
      return probe(breaker, { ok, errors }, now);
    case "closed": {
      const batch = { ok, err: errors };
      const counted = { ...breaker, s: sumAfter(breaker.s, batch, STEPS), run: runAfter(breaker.run, batch) };
      if (counted.run >= RUN_LIMIT) return opened(counted, "run", now);
      return counted.s >= TRIP_AT ? opened(counted, "cusum", now) : { breaker: counted, change: null };
    }
  }
}

function probe(breaker: Breaker, { ok, errors }: Outcomes, now: number): Moved {
  if (errors > 0) return opened(breaker, "probe", now);
  const probed = breaker.probed + ok;
  if (probed < PROBES) return { breaker: { ...breaker, probed }, change: null };
  return { breaker: { ...CLOSED, opens: breaker.opens, closedAt: now }, change: { to: "closed" } };
}

function opened(breaker: Breaker, rule: TripRule, now: number): Moved {
  const isRelapse = rule === "probe" || (breaker.opens > 0 && ageMs(breaker.closedAt, now) < RELAPSE_MS);
  const opens = isRelapse ? breaker.opens + 1 : 1;
  const next: Breaker = {
    ...breaker,
    state: "open",
    opens,
    since: breaker.since ?? now,
    openUntil: now + openMs(opens),
    probed: 0,
  };
  return { breaker: next, change: { to: "open", rule } };
}

/** How long the n-th opening in a row lasts. */
export const openMs = (opens: number): number => Math.min(OPEN_BASE_MS * 2 ** Math.min(opens - 1, 20), OPEN_MAX_MS);
