import { ageMs, CLOCK_SKEW_MS } from "./age.ts";
import { DURATION_MS } from "./limits.ts";

/** Shape of the calls to a payment provider: `callsPerSecond` on average, `burst` of them at once after a pause. */
export interface ThrottlePolicy {
  readonly callsPerSecond: number;
  readonly burst: number;
}

/**
 * State of the generic cell rate algorithm (ITU-T I.371): the theoretical arrival time of the next call, UTC ms. `blockedUntil` is set
 * when the provider itself asked for a pause.
 */
export interface ThrottleState {
  readonly arrival: number;
  readonly blockedUntil: number;
}

export const IDLE_THROTTLE: ThrottleState = { arrival: 0, blockedUntil: 0 };

/** The queue in front of the throttle, as the consumer of a batch saw it. */
export interface QueueSight {
  /** Messages of the batch, which take one call each. */
  readonly calls: number;
  /** For how long the oldest of them has been waiting, in ms. */
  readonly waitedMs: number;
  /** Messages that still wait behind the batch. */
  readonly behind: number;
}

/** What was seen last, at UTC ms, and how fast the queue has been moving: calls per second, smoothed over `PACE_MEMORY_MS`. */
export interface Pace {
  readonly at: number;
  readonly waitedMs: number;
  readonly behind: number;
  readonly callsPerSecond: number;
}

/** How long a charge may expect to wait. */
export interface Outlook {
  /** For how long the charge that is made now has been waiting, in ms. */
  readonly waitMs: number;
  /** How long one that is sent now has to wait at the present pace, in ms. */
  readonly queueMs: number;
}

const PACE_MEMORY_MS = 10_000;
/** While charges wait a batch comes every few seconds at least; after this long without one nothing waits. */
const SIGHT_VALID_MS = 60_000;
/** Charges do not wait longer than an order does, however slow the provider just is. */
const OUTLOOK_MAX_MS = DURATION_MS.pendingPaymentMax;

/**
 * Takes in what the consumer of one batch saw. The pace is measured, because the limit is only what it cannot exceed: a provider that is slow
 * or down sets a slower one. A first sight counts as the limit.
 */
export function observeQueue(before: Pace | undefined, sight: QueueSight, policy: ThrottlePolicy, now: number): Pace {
  const { waitedMs, behind } = sight;
  const since = before && ageMs(before.at, now) < SIGHT_VALID_MS ? before : undefined;
  if (!since) return { at: now, waitedMs, behind, callsPerSecond: policy.callsPerSecond };
  // Exponential decay over the time since the last batch, which adds its calls spread over the memory.
  const kept = Math.exp((since.at - now) / PACE_MEMORY_MS);
  const callsPerSecond = since.callsPerSecond * kept + (sight.calls * 1_000) / PACE_MEMORY_MS;
  return { at: now, waitedMs, behind, callsPerSecond: Math.min(callsPerSecond, policy.callsPerSecond) };
}

export function outlookOf(pace: Pace | undefined, now: number): Outlook {
  if (!pace || ageMs(pace.at, now) >= SIGHT_VALID_MS) return { waitMs: 0, queueMs: 0 };
  const queueMs = Math.min((pace.behind / pace.callsPerSecond) * 1_000, OUTLOOK_MAX_MS);
  return { waitMs: pace.waitedMs, queueMs };
}

/**
 * How much longer a charge that was sent `ageMs` ago has to wait, in ms. The queue is first come, first served: the charge made now is as old as
 * `waitMs`, and one of half that age is about half-way, as if the charges in between had come evenly.
 */
export function remainingMs({ waitMs, queueMs }: Outlook, ageMs: number): number {
  const part = waitMs > 0 ? Math.max(0, 1 - ageMs / waitMs) : 1;
  return queueMs * part;
}

/**
 * How far ahead slots are booked, in ms. Whoever would have to wait longer comes again later instead: a slot that is booked and then not
 * used is lost, and with a long queue of messages that all book and go away nobody would ever be served.
 */
export const BOOKING_HORIZON_MS = 45_000;
/** The longest pause that a provider is granted by one answer, in ms. */
export const PAUSE_MAX_MS = 60_000;

/**
 * Books `calls` slots and says how long from `now` each has to wait, in ms. Slots are in order and never taken back. A delay beyond the
 * horizon is not booked: it says when to ask again.
 */
export function bookSlots(
  state: ThrottleState,
  policy: ThrottlePolicy,
  calls: number,
  now: number,
): { readonly state: ThrottleState; readonly delaysMs: readonly number[] } {
  const interval = 1_000 / policy.callsPerSecond;
  const tolerance = (policy.burst - 1) * interval;
  const believed = believable(state, policy, now);
  const start = Math.max(now, believed.blockedUntil);
  let { arrival } = believed;
  const delaysMs: number[] = [];
  for (let i = 0; i < calls; i++) {
    const base = Math.max(arrival, start);
    const delayMs = Math.ceil(Math.max(start, base - tolerance) - now);
    delaysMs.push(delayMs);
    if (delayMs <= BOOKING_HORIZON_MS) arrival = base + interval;
  }
  return { state: { ...believed, arrival }, delaysMs };
}

/**
 * No pause ends later than this, and no slot is booked later. What is later all the same is from before the clock was put back, and would stop every charge for
 * as long as it had been ahead.
 */
function believable({ arrival, blockedUntil }: ThrottleState, policy: ThrottlePolicy, now: number): ThrottleState {
  const until = blockedUntil > now + PAUSE_MAX_MS + CLOCK_SKEW_MS ? 0 : blockedUntil;
  const burstMs = (policy.burst * 1_000) / policy.callsPerSecond;
  const latest = Math.max(now, until) + BOOKING_HORIZON_MS + burstMs + CLOCK_SKEW_MS;
  return { arrival: arrival > latest ? 0 : arrival, blockedUntil: until };
}

/** The provider said "too many": nobody starts a call for `ms`, and the burst is spent when calls begin again. */
export function backOff(state: ThrottleState, policy: ThrottlePolicy, ms: number, now: number): ThrottleState {
  const { arrival, blockedUntil } = believable(state, policy, now);
  const until = Math.max(blockedUntil, now + Math.min(ms, PAUSE_MAX_MS));
  const spent = until + (policy.burst - 1) * (1_000 / policy.callsPerSecond);
  return { arrival: Math.max(arrival, spent), blockedUntil: until };
}
