/**
 * Goal: no outcome of a Stripe call is guessed. Threat: a time-out or a 5xx taken for "did not happen" charges a customer twice, and a status
 * other than `succeeded` taken for paid ships goods for nothing.
 */
import Stripe from "stripe";
import { describe, expect, test } from "vitest";
import {
  type CallFailure,
  factOfIntent,
  failureOf,
  type IntentView,
  repeatAdvice,
} from "../../src/payments/outcome.ts";

const intent = (status: string, changes: Partial<IntentView> = {}): IntentView => ({
  id: "pi_1",
  status,
  amount_received: 0,
  currency: "usd",
  client_secret: "pi_1_secret_2",
  next_action: null,
  last_payment_error: null,
  ...changes,
});

describe("a PaymentIntent's status", () => {
  test("succeeded is money: the amount received, with the currency in upper case", () => {
    const fact = factOfIntent(intent("succeeded", { amount_received: 2_499 }));
    expect(fact).toEqual({ type: "captured", intent: "pi_1", amount: 2_499, currency: "USD" });
  });

  test.each([
    "processing",
    "requires_action",
    "requires_capture",
    "requires_confirmation",
    "requires_payment_method",
    "canceled",
  ])("%s is never taken for paid (pitfall 4)", (status) => {
    expect(factOfIntent(intent(status, { amount_received: 2_499 }))?.type).not.toBe("captured");
  });

  test("processing waits, canceled ends", () => {
    expect(factOfIntent(intent("processing"))).toEqual({ type: "processing", intent: "pi_1" });
    expect(factOfIntent(intent("canceled"))).toEqual({ type: "intent_canceled", intent: "pi_1" });
  });

  test("requires_action carries what the browser needs", () => {
    const nextAction = { type: "redirect_to_url", redirect_to_url: { url: "https://bank.example" } };
    expect(factOfIntent(intent("requires_action", { next_action: nextAction }))).toEqual({
      type: "action_required",
      intent: "pi_1",
      clientSecret: "pi_1_secret_2",
      nextAction: JSON.stringify(nextAction),
    });
  });

  test("a next action that no message could carry is told by its type alone", () => {
    const nextAction = { type: "use_stripe_sdk", use_stripe_sdk: { certificate: "c".repeat(40_000) } };
    const fact = factOfIntent(intent("requires_action", { next_action: nextAction }));
    expect(fact).toMatchObject({ nextAction: '{"type":"use_stripe_sdk"}' });
  });

  test("requires_payment_method is a fresh intent without an error and a decline with one", () => {
    expect(factOfIntent(intent("requires_payment_method"))).toEqual({
      type: "intent_created",
      intent: "pi_1",
      clientSecret: "pi_1_secret_2",
    });
    const error = { code: "card_declined", decline_code: "insufficient_funds", message: "No." };
    expect(factOfIntent(intent("requires_payment_method", { last_payment_error: error }))).toEqual({
      type: "declined",
      intent: "pi_1",
      error: { code: "card_declined", declineCode: "insufficient_funds", message: "No." },
    });
  });

  test("an intent that could still be confirmed starts no second attempt, an authorisation is given back", () => {
    expect(factOfIntent(intent("requires_confirmation"))).toMatchObject({ type: "intent_created", intent: "pi_1" });
    expect(factOfIntent(intent("requires_capture"))).toMatchObject({ type: "declined", intent: "pi_1" });
  });

  test("a status nobody has heard of says nothing", () => {
    expect(factOfIntent(intent("requires_patience"))).toBeUndefined();
  });
});

/** Sorted as the SDK itself would build it from Stripe's answer. */
function failureFor(
  statusCode: number,
  error: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): CallFailure {
  // SAFETY: the raw shape that the SDK makes of an answer; its type demands more than answers have.
  const raw = { type: "api_error", message: "m", ...error, statusCode, headers } as unknown as Parameters<
    typeof Stripe.errors.StripeError.generate
  >[0];
  return failureOf(Stripe.errors.StripeError.generate(raw));
}

describe("an error of the SDK", () => {
  test("402 is a decline and names the intent it left behind", () => {
    const error = { type: "card_error", code: "card_declined", decline_code: "generic_decline", message: "No." };
    expect(failureFor(402, { ...error, payment_intent: { id: "pi_1", created: 1_700_000_000 } })).toEqual({
      kind: "declined",
      intent: { id: "pi_1", created: 1_700_000_000 },
      error: { code: "card_declined", declineCode: "generic_decline", message: "No." },
    });
    expect(failureFor(402, error)).toMatchObject({ kind: "declined", intent: undefined });
  });

  test.each([400, 404])("%i is a definite refusal", (status) => {
    const failure = failureFor(status, { type: "invalid_request_error", code: "resource_missing" });
    expect(failure).toMatchObject({ kind: "rejected", error: { code: "resource_missing" } });
  });

  test("the same key with other parameters has to be looked up: the first call may have taken the money", () => {
    expect(failureFor(400, { type: "idempotency_error" }).kind).toBe("key_conflict");
  });

  test("429 is throttled and tells for how long; a lock on one object is not", () => {
    expect(failureFor(429, {}, { "retry-after": "2" })).toEqual({ kind: "throttled", retryAfterMs: 2_000 });
    expect(failureFor(429)).toEqual({ kind: "throttled", retryAfterMs: undefined });
    expect(failureFor(429, {}, { "retry-after": "Thu, 01 Jan" })).toEqual({
      kind: "throttled",
      retryAfterMs: undefined,
    });
    expect(failureFor(429, { code: "lock_timeout" }).kind).toBe("indefinite");
  });

  test.each([401, 403])("%i is our configuration and not the shopper's fault", (status) => {
    expect(failureFor(status).kind).toBe("misconfigured");
  });

  test.each([409, 424, 500, 502, 503, 504])("%i is indefinite", (status) => {
    expect(failureFor(status).kind).toBe("indefinite");
  });

  test("a lost connection and an unreadable answer are indefinite", () => {
    expect(failureOf(new Stripe.errors.StripeConnectionError({ message: "timed out", type: "api_error" })).kind).toBe(
      "indefinite",
    );
    expect(failureOf(new Stripe.errors.StripeAPIError({ message: "Invalid JSON", type: "api_error" })).kind).toBe(
      "indefinite",
    );
  });

  test("Stripe-Should-Retry is read from the answer's headers, and an answer without it advises nothing", () => {
    const advised = (headers: Record<string, string>): boolean | undefined => {
      // SAFETY: as above.
      const raw = { type: "api_error", message: "m", statusCode: 500, headers } as unknown as Parameters<
        typeof Stripe.errors.StripeError.generate
      >[0];
      return repeatAdvice(Stripe.errors.StripeError.generate(raw));
    };
    expect(advised({ "stripe-should-retry": "true" })).toBe(true);
    expect(advised({ "stripe-should-retry": "false" })).toBe(false);
    expect(advised({ "stripe-should-retry": "perhaps" })).toBeUndefined();
    expect(advised({})).toBeUndefined();
    expect(repeatAdvice(new Stripe.errors.StripeConnectionError({ message: "m", type: "api_error" }))).toBeUndefined();
  });

  test("a bug of ours is thrown on and not taken for an answer", () => {
    expect(() => failureOf(new TypeError("x is not a function"))).toThrow(TypeError);
  });

  test("what Stripe writes is clipped to what a message may carry", () => {
    const failure = failureFor(402, { type: "card_error", code: "c".repeat(300), message: "m".repeat(2_000) });
    expect(failure).toMatchObject({ error: { code: "c".repeat(100), message: "m".repeat(500) } });
  });
});
