import type Stripe from "stripe";
import type { Chargeable } from "../../durable-objects/order/commands.ts";
import { DURATION_MS } from "../domain/limits.ts";
import type { PaymentsMessage } from "../domain/messages.ts";
import type { PaymentError, PaymentFact } from "../domain/order-record.ts";
import { chargeProblem } from "../domain/psp-money.ts";
import { log } from "../platform/log.ts";
import type { Verdict } from "../platform/queue-batch.ts";
import { sendMessage } from "../platform/queue-send.ts";
import type { PaymentContext } from "./context.ts";
import { apiFact, reportFact, stamp } from "./facts.ts";
import { factOfIntent } from "./outcome.ts";
import { resolveLater } from "./resolve.ts";
import { callStripe } from "./stripe-call.ts";
import { sendAnew, waitForPerson } from "./verdicts.ts";

export type ChargeMessage = Extract<PaymentsMessage, { type: "payment.charge" }>;
export type Charge = Extract<Chargeable, { charge: true }>;

/** One key per order and attempt, whatever happens in between: however often we ask, Stripe acts once. */
export const chargeKey = (orderId: string, attempt: number): string => `${orderId}:charge:${attempt}`;

/** Creates (and, unless the shopper pays in the browser, confirms) the PaymentIntent of one attempt, and reports what came of it. */
export async function charge(message: ChargeMessage, attempts: number, context: PaymentContext): Promise<Verdict> {
  const { orderId, attempt } = message;
  const order = await context.chargeable(orderId, attempt);
  if (!order.charge) return "ack";
  const idempotencyKey = chargeKey(orderId, attempt);
  const report = (fact: PaymentFact, at: number): Promise<void> =>
    reportFact(context, apiFact(message, stamp(fact, attempt, at)));
  const unsendable = unsendableFor(order);
  if (unsendable) {
    log("error", "charge_not_sent", { orderId, attempt, ...unsendable });
    await report({ type: "failed", retryable: false, error: unsendable }, context.now());
    return "ack";
  }
  const params = chargeParams(orderId, attempt, order);
  const result = await callStripe(context, "payment_intents.create", () =>
    context.stripe.paymentIntents.create(params, { idempotencyKey }),
  );

  switch (result.kind) {
    case "answered": {
      const intent = result.value;
      const fact = factOfIntent(intent);
      if (!fact) {
        log("error", "intent_status_unknown", { orderId, intent: intent.id, status: intent.status });
        await resolveLater(message, { firstSentAt: result.startedAt, lastSentAt: context.now() }, context);
        return "ack";
      }
      // Stripe's time and not ours, and the same one when the answer is a replay: every event about this intent is at least as late.
      await report(fact, intent.created * 1_000);
      return "ack";
    }
    case "declined": {
      const { intent, error } = result;
      await report({ type: "declined", intent: intent?.id, error }, intent ? intent.created * 1_000 : result.startedAt);
      return "ack";
    }
    case "rejected":
      log("warn", "charge_rejected", { orderId, attempt, code: result.error.code });
      await report({ type: "failed", retryable: false, error: result.error }, result.startedAt);
      return "ack";
    case "key_conflict":
      // A release that builds other parameters for the same attempt, or a monolith that charged this checkout under our key. Money may have
      // moved under the first ones, at any time within Stripe's memory of the key.
      log("error", "idempotency_key_conflict", { orderId, attempt, key: idempotencyKey, error: result.message });
      await resolveLater(
        message,
        { firstSentAt: result.startedAt - DURATION_MS.idempotency, lastSentAt: context.now(), keyConflict: true },
        context,
      );
      return "ack";
    case "indefinite":
      log("warn", "charge_indefinite", { orderId, attempt, error: result.message });
      await resolveLater(message, result, context);
      // From before the first call, so that nothing Stripe says about it can be older.
      await report({ type: "unknown" }, result.firstSentAt);
      return "ack";
    case "deferred":
      await sendMessage(context.paymentsQueue, message, sendAnew(result.delayMs));
      return "ack";
    case "misconfigured":
      return waitForPerson("charge_misconfigured", message, attempts, result.message);
  }
}

/**
 * What is not even sent: an amount that Stripe would read as another one, or text that cannot be encoded. Both are refused before an order is placed; this is
 * for what got through. The SDK encodes a request with `encodeURIComponent`, which throws for half a surrogate pair and nothing else.
 */
function unsendableFor({ amount, currency, method, email = "" }: Charge): PaymentError | undefined {
  const message = chargeProblem({ amount, currency });
  if (message !== undefined) return { code: "not_chargeable", message };
  const texts = method.kind === "client" ? [email] : [email, method.id, method.returnUrl ?? ""];
  if (texts.every((text) => text.isWellFormed())) return undefined;
  return { code: "malformed_text", message: "The payment method, return URL or email is not well-formed text." };
}

/**
 * The parameters depend on the order and attempt only, because a repeat under the same key must send the same ones. With a return
 * URL the shopper may be sent to a bank or wallet and back; without one Stripe must not offer what needs it, or it refuses to confirm.
 * `return_url` is only legal together with `confirm`. Source: https://docs.stripe.com/api/payment_intents/create
 */
export function chargeParams(orderId: string, attempt: number, order: Charge): Stripe.PaymentIntentCreateParams {
  return {
    amount: order.amount,
    currency: order.currency.toLowerCase(),
    metadata: { order_id: orderId, attempt: String(attempt), order_number: order.number, cart_id: order.cartId },
    ...(order.email !== undefined && { receipt_email: order.email }),
    ...methodParams(order.method),
  };
}

function methodParams(method: Charge["method"]): Partial<Stripe.PaymentIntentCreateParams> {
  switch (method.kind) {
    case "client":
      // Confirmed in the browser, which brings its own return URL.
      return { automatic_payment_methods: { enabled: true } };
    case "payment_method":
      return { payment_method: method.id, ...confirmation(method.returnUrl) };
    case "confirmation_token":
      return { confirmation_token: method.id, ...confirmation(method.returnUrl) };
  }
}

function confirmation(returnUrl: string | undefined): Partial<Stripe.PaymentIntentCreateParams> {
  return {
    confirm: true,
    automatic_payment_methods: { enabled: true, allow_redirects: returnUrl === undefined ? "never" : "always" },
    ...(returnUrl !== undefined && { return_url: returnUrl }),
  };
}
