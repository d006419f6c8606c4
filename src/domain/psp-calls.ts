import { ageMs } from "./age.ts";

/** Calls of the payment provider's API that we make, as its reference names them. */
export type Operation =
  | "payment_intents.create"
  | "payment_intents.retrieve"
  | "payment_intents.cancel"
  | "payment_intents.list"
  | "refunds.create"
  | "refunds.list";

/**
 * Whether a call that ended so leaves a charge where it was: nobody knows what became of it, or our credentials are not taken. Refusals are answers, and being
 * told to wait has a metric of its own.
 */
const IS_FAILED = {
  answered: false,
  declined: false,
  rejected: false,
  key_conflict: false,
  throttled: false,
  misconfigured: true,
  indefinite: true,
} as const;
export type CallOutcome = keyof typeof IS_FAILED;

/** How one call ended and how long it took, in ms. */
export interface PspCall {
  readonly operation: Operation;
  readonly outcome: CallOutcome;
  readonly latencyMs: number;
}

const WINDOW_MS = 60_000;
const SLOT_MS = 5_000;
/** One call that is lost among two is bad luck. Fewer calls than this count as if the others had been answered. */
const CALLS_MIN = 5;

/** What ended within five seconds; `startsAt` in UTC ms. */
export interface CallSlot {
  readonly startsAt: number;
  readonly calls: number;
  readonly failed: number;
}

const recent = (slots: readonly CallSlot[], now: number): readonly CallSlot[] =>
  slots.filter(({ startsAt }) => ageMs(startsAt, now) < WINDOW_MS);

/** Takes in calls that have just ended, and lets go of those of more than a minute ago. */
export function withCalls(slots: readonly CallSlot[], calls: readonly PspCall[], now: number): readonly CallSlot[] {
  const startsAt = Math.floor(now / SLOT_MS) * SLOT_MS;
  const kept = recent(slots, now);
  const known = kept.find((slot) => slot.startsAt === startsAt) ?? { startsAt, calls: 0, failed: 0 };
  const failed = calls.filter(({ outcome }) => IS_FAILED[outcome]).length;
  const grown = { startsAt, calls: known.calls + calls.length, failed: known.failed + failed };
  return [...kept.filter((slot) => slot.startsAt !== startsAt), grown];
}

/**
 * Failed calls per call of the last minute, 0 to 1; nothing while none was made, because who is not asked cannot answer. So three calls that fail are enough to say
 * so in a shop that makes no others, and one that is answered is enough to take it back.
 */
export function failedShare(slots: readonly CallSlot[], now: number): number | undefined {
  const sum = recent(slots, now).reduce(
    (before, { calls, failed }) => ({ calls: before.calls + calls, failed: before.failed + failed }),
    { calls: 0, failed: 0 },
  );
  return sum.calls === 0 ? undefined : sum.failed / Math.max(sum.calls, CALLS_MIN);
}
