import type { Operation } from "../domain/psp-calls.ts";
import { BOOKING_HORIZON_MS, PAUSE_MAX_MS } from "../domain/throttle.ts";
import { backoffMs } from "../platform/backoff.ts";
import { log } from "../platform/log.ts";
import type { PaymentContext } from "./context.ts";
import { type CallFailure, failureOf, repeatAdvice } from "./outcome.ts";
import type { Slot } from "./slots.ts";

const CALLS_MAX = 3;
/**
 * How long one message may wait for slots inside its batch, in ms. A batch has 15 minutes of wall time: 60 s of waiting, and three calls of
 * 20 s for each of 20 messages in 5 lanes, take at most 5.
 */
const SLOT_WAIT_MAX_MS = 60_000;
const REPEAT_BASE_MS = 500;
const REPEAT_MAX_MS = 5_000;
const BACK_OFF_BASE_MS = 1_000;

/** `startedAt` is when the call that answered was sent; UTC ms. */
export type CallResult<T> =
  | { readonly kind: "answered"; readonly value: T; readonly startedAt: number }
  | (Exclude<CallFailure, { kind: "throttled" } | { kind: "indefinite" }> & { readonly startedAt: number })
  | { readonly kind: "indefinite"; readonly message: string; readonly firstSentAt: number; readonly lastSentAt: number }
  /** Nothing was done, and there is no slot for it within this batch: send the message anew, to arrive after that long. */
  | { readonly kind: "deferred"; readonly delayMs: number };

/**
 * One Stripe call, at most three times, each with a slot of the throttle. `call` must send the same idempotency key every time, so
 * that repeating after an indefinite end is safe. Once a call has ended indefinitely, only a definite answer counts: what
 * keeps us from asking again (no slot, a 429, revoked credentials) says nothing about that call. Stripe's own advice on repeating goes before
 * ours: `false` ends the asking, `true` asks again where we would have taken the answer.
 */
export async function callStripe<T>(
  context: PaymentContext,
  operation: Operation,
  call: () => Promise<T>,
): Promise<CallResult<T>> {
  let calls = 0;
  let waitedMs = 0;
  let firstSentAt = 0;
  let lost: Extract<CallResult<T>, { kind: "indefinite" }> | undefined;
  for (;;) {
    const slot = await context.slots.next();
    waitedMs += slot.delayMs;
    if (slot.delayMs > BOOKING_HORIZON_MS || waitedMs > SLOT_WAIT_MAX_MS)
      return lost ?? { kind: "deferred", delayMs: slot.delayMs };
    if (slot.delayMs > 0) await context.sleep(slot.delayMs);
    const result = await context.lanes.run(() => answerOf(call, slot, context));
    if (result.kind === "slot_lapsed") continue;
    const outcome = result.kind === "answered" ? "answered" : result.failure.kind;
    context.calls.note({ operation, outcome, latencyMs: context.now() - result.startedAt });

    calls++;
    const { startedAt } = result;
    firstSentAt ||= startedAt;
    if (result.kind === "answered") return result;
    const { failure, advice } = result;
    const isLast = calls === CALLS_MAX || advice === false;
    const isAskedAgain = advice === true && !isLast;
    switch (failure.kind) {
      case "declined":
      case "rejected":
      case "key_conflict":
        if (!isAskedAgain) return { ...failure, startedAt };
        break;
      case "misconfigured":
        if (!isAskedAgain) return lost ?? { ...failure, startedAt };
        break;
      case "throttled": {
        const asked = failure.retryAfterMs ?? backoffMs(calls, BACK_OFF_BASE_MS, PAUSE_MAX_MS);
        const delayMs = Math.min(asked, PAUSE_MAX_MS);
        log("warn", "stripe_throttled", { backOffMs: delayMs, calls });
        await context.slots.backOff(delayMs);
        if (isLast) return lost ?? { kind: "deferred", delayMs: PAUSE_MAX_MS };
        // The next slot is as late as the provider wants it.
        continue;
      }
      case "indefinite":
        // The time after the call: for so long Stripe may have been working on it.
        lost = { kind: "indefinite", message: failure.message, firstSentAt, lastSentAt: context.now() };
        if (isLast) return lost;
    }
    await context.sleep(backoffMs(calls, REPEAT_BASE_MS, REPEAT_MAX_MS));
  }
}

type Answer<T> =
  | { readonly kind: "answered"; readonly value: T; readonly startedAt: number }
  | {
      readonly kind: "failed";
      readonly failure: CallFailure;
      /** Whether Stripe wants the call repeated; mostly it does not say. */
      readonly advice: boolean | undefined;
      readonly startedAt: number;
    }
  | { readonly kind: "slot_lapsed" };

async function answerOf<T>(call: () => Promise<T>, slot: Slot, context: PaymentContext): Promise<Answer<T>> {
  if (!slot.holds()) return { kind: "slot_lapsed" };
  const startedAt = context.now();
  try {
    return { kind: "answered", value: await call(), startedAt };
  } catch (thrown) {
    return { kind: "failed", failure: failureOf(thrown), advice: repeatAdvice(thrown), startedAt };
  }
}
