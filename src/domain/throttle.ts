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

/**
 * How far ahead slots are booked, in ms. Whoever would have to wait longer comes again later instead: a slot that is booked and then not
 * used is lost, and with a long queue of messages that all book and go away nobody would ever be served.
 */
export const BOOKING_HORIZON_MS = 45_000;

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
  const start = Math.max(now, state.blockedUntil);
  let arrival = state.arrival;
  const delaysMs: number[] = [];
  for (let i = 0; i < calls; i++) {
    const base = Math.max(arrival, start);
    const delayMs = Math.ceil(Math.max(start, base - tolerance) - now);
    delaysMs.push(delayMs);
    if (delayMs <= BOOKING_HORIZON_MS) arrival = base + interval;
  }
  return { state: { ...state, arrival }, delaysMs };
}

/** The provider said "too many": nobody starts a call for `ms`, and the burst is spent when calls begin again. */
export function backOff(state: ThrottleState, policy: ThrottlePolicy, ms: number, now: number): ThrottleState {
  const until = Math.max(state.blockedUntil, now + ms);
  const spent = until + (policy.burst - 1) * (1_000 / policy.callsPerSecond);
  return { arrival: Math.max(state.arrival, spent), blockedUntil: until };
}
