import Stripe from "stripe";
import { LIMITS } from "../domain/limits.ts";
import type { PaymentError, PaymentFact } from "../domain/order-record.ts";

/** What is read of a PaymentIntent, whether it came as an answer, in a list or in a webhook. */
export interface IntentView {
  readonly id: string;
  readonly status: string;
  readonly amount_received: number;
  readonly currency: string;
  readonly client_secret: string | null;
  readonly next_action: object | null;
  readonly last_payment_error: ErrorView | null;
}

interface ErrorView {
  readonly code?: string | null | undefined;
  readonly decline_code?: string | null | undefined;
  readonly message?: string | null | undefined;
}

/**
 * What a PaymentIntent says by its status, and by nothing else: only `succeeded` is money. Says `undefined` for a status that
 * this code does not know. Source: https://docs.stripe.com/payments/paymentintents/lifecycle
 */
export function factOfIntent(view: IntentView): PaymentFact | undefined {
  const intent = view.id;
  switch (view.status) {
    case "succeeded":
      return { type: "captured", intent, amount: view.amount_received, currency: view.currency.toUpperCase() };
    case "processing":
      return { type: "processing", intent };
    case "requires_action":
      return {
        type: "action_required",
        intent,
        clientSecret: view.client_secret ?? "",
        nextAction: actionText(view.next_action),
      };
    case "requires_payment_method":
      return view.last_payment_error
        ? { type: "declined", intent, error: paymentError(view.last_payment_error, "payment_failed") }
        : { type: "intent_created", intent, clientSecret: view.client_secret ?? "" };
    case "requires_confirmation":
      // Created, but not confirmed. It can still be, by whoever holds the client secret, so a new attempt beside it could charge
      // twice: the order carries it like a fresh one, to be paid in the browser or canceled when the order expires.
      return { type: "intent_created", intent, clientSecret: view.client_secret ?? "" };
    case "requires_capture":
      // We never ask for a separate capture. As a decline it names the intent, so that the order gives the authorisation back.
      return {
        type: "declined",
        intent,
        error: { code: "capture_required", message: "The payment was only authorised." },
      };
    case "canceled":
      return { type: "intent_canceled", intent };
    default:
      return undefined;
  }
}

/** Why a call did not answer with what was asked for. */
export type CallFailure =
  /** The customer's bank or Stripe refused the payment: final for this attempt. */
  | { readonly kind: "declined"; readonly intent: DeclinedIntent | undefined; readonly error: PaymentError }
  /** Stripe refused the request: nothing happened, and the same request would be refused again. */
  | { readonly kind: "rejected"; readonly error: PaymentError }
  /** The key was used before with other parameters. What that earlier call did has to be looked up. */
  | { readonly kind: "key_conflict"; readonly message: string }
  /** Too many requests: nothing happened, the same call is welcome later. */
  | { readonly kind: "throttled"; readonly retryAfterMs: number | undefined }
  /** Our credentials are wrong: nothing happened, and a person has to act. */
  | { readonly kind: "misconfigured"; readonly message: string }
  /** Nobody knows whether it happened. */
  | { readonly kind: "indefinite"; readonly message: string };

/** `created` in UTC seconds, as Stripe counts. */
export interface DeclinedIntent {
  readonly id: string;
  readonly created: number;
}

/**
 * Sorts what the SDK threw. Anything that is not certain is indefinite, above all every 5xx: Stripe says to treat those as
 * indeterminate. What is no error of the SDK is a bug and is thrown on. Source: https://docs.stripe.com/error-low-level
 */
export function failureOf(thrown: unknown): CallFailure {
  if (!(thrown instanceof Stripe.errors.StripeError)) throw thrown;
  const message = clip(thrown.message);
  switch (thrown.type) {
    case "StripeCardError": {
      const intent = thrown.payment_intent;
      return {
        kind: "declined",
        intent: intent && { id: intent.id, created: intent.created },
        error: paymentError(thrown, "card_declined"),
      };
    }
    case "StripeInvalidRequestError":
      return { kind: "rejected", error: paymentError(thrown, "invalid_request") };
    case "StripeIdempotencyError":
      return { kind: "key_conflict", message };
    case "StripeRateLimitError":
      // Another request holds the object's lock. That is about this one object and no reason to slow the whole shop down.
      if (thrown.code === "lock_timeout") return { kind: "indefinite", message };
      return { kind: "throttled", retryAfterMs: retryAfterMs(thrown.headers) };
    case "StripeAuthenticationError":
    case "StripePermissionError":
      return { kind: "misconfigured", message };
    default:
      // Connection errors and time-outs, 5xx, 409 while the first call under this key is still running, unreadable answers, new kinds.
      return { kind: "indefinite", message };
  }
}

/**
 * Whether Stripe itself says that the same call is worth repeating, or that it is in vain (an answer that is stored under the key, say). It is
 * no word on what happened: that stays what the answer makes of it. Source: https://docs.stripe.com/error-low-level#should-retry
 */
export function repeatAdvice(thrown: unknown): boolean | undefined {
  if (!(thrown instanceof Stripe.errors.StripeError)) return undefined;
  const advice = thrown.headers?.["stripe-should-retry"];
  return advice === "true" || (advice === "false" ? false : undefined);
}

/**
 * The next action as JSON, as far as a message can carry it. Stripe.js fetches a longer one by the client secret anyway; its type says
 * that there is one.
 */
function actionText(action: object | null): string {
  const text = JSON.stringify(action ?? {});
  return text.length <= LIMITS.nextActionChars
    ? text
    : JSON.stringify({ type: action && "type" in action ? action.type : "" });
}

function paymentError(error: ErrorView, fallbackCode: string): PaymentError {
  return {
    code: (error.code || fallbackCode).slice(0, 100),
    declineCode: error.decline_code ? error.decline_code.slice(0, 100) : undefined,
    message: clip(error.message || "The payment did not succeed."),
  };
}

const clip = (text: string): string => text.slice(0, LIMITS.textChars);

/** `Retry-After` in its form of whole seconds, the only one that Stripe sends. */
function retryAfterMs(headers: Readonly<Record<string, string>> | undefined): number | undefined {
  const seconds = Number(headers?.["retry-after"] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds * 1_000) : undefined;
}
