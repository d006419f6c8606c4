const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * The retry schedule: how long after each failed attempt the next one comes, in ms. Eleven attempts over about a day: seconds for a
 * restart, minutes for a deployment, hours for the night in which nobody looks.
 */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  1 * HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  8 * HOUR,
];
/** A receiver may ask for more patience than the schedule has, but not for more than this. */
const RETRY_AFTER_MAX_MS = 8 * HOUR;
const JITTER = 0.2;
/** So many failures in a row, beside the time that they have to last: one event that fails through a quiet night disables nothing. */
export const DISABLE_FAILURES = 10;

/** What came of one attempt. Without a status there was no answer, and `error` says why. */
export interface AttemptOutcome {
  readonly status?: number | undefined;
  readonly error?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

export type NextStep =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly at: number }
  | { readonly kind: "exhausted" }
  /** 410: the receiver says that it does not want any more, ever. */
  | { readonly kind: "gone" };

/**
 * What follows from an attempt. Only 2xx is success. Everything else is tried again: a 4xx is as often a receiver that was deployed wrongly as
 * a 5xx is one that is down. `tries` counts attempts of this round, `scale` stretches the schedule (1 in production).
 */
export function nextStep(
  outcome: AttemptOutcome,
  tries: number,
  { now, random, scale }: { now: number; random: number; scale: number },
): NextStep {
  const { status = 0, retryAfterMs = 0 } = outcome;
  if (status >= 200 && status <= 299) return { kind: "delivered" };
  if (status === 410) return { kind: "gone" };
  const delay = RETRY_DELAYS_MS[tries - 1];
  if (delay === undefined) return { kind: "exhausted" };
  const jittered = delay * scale * (1 + JITTER * (random - 0.5));
  return { kind: "retry", at: now + Math.round(Math.max(jittered, Math.min(retryAfterMs, RETRY_AFTER_MAX_MS))) };
}

/** How an endpoint has been doing since its last success. */
export interface EndpointHealth {
  readonly failures: number;
  /** UTC ms of the first of them. */
  readonly failingSince: number | undefined;
}

export function healthAfter(health: EndpointHealth, delivered: boolean, now: number): EndpointHealth {
  if (delivered) return { failures: 0, failingSince: undefined };
  return { failures: health.failures + 1, failingSince: health.failingSince ?? now };
}

export function mustDisable({ failures, failingSince }: EndpointHealth, afterMs: number, now: number): boolean {
  return failures >= DISABLE_FAILURES && failingSince !== undefined && now - failingSince >= afterMs;
}

/** `Retry-After` (RFC 9110) as ms from now: seconds or a date. What cannot be read counts as not sent. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * SECOND;
  // `Date.parse` alone takes almost anything for a date, "-5" for one.
  const ms = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) - now : Number.NaN;
  return ms > 0 ? ms : undefined;
}
