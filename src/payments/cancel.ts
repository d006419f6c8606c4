import type { PaymentsMessage } from "../domain/messages.ts";
import { log } from "../platform/log.ts";
import type { Verdict } from "../platform/queue-batch.ts";
import type { PaymentContext } from "./context.ts";
import { apiFact, reportFact, stamp } from "./facts.ts";
import { factOfIntent } from "./outcome.ts";
import { attemptOf } from "./ownership.ts";
import { callStripe } from "./stripe-call.ts";
import { verdictOf } from "./verdicts.ts";

export type CancelMessage = Extract<PaymentsMessage, { type: "payment.cancel" }>;

/** Stripe's code for an intent that has moved on: paid, being paid, or canceled already. */
const UNEXPECTED_STATE = "payment_intent_unexpected_state";

/**
 * Makes sure that an order which was given up cannot be paid any more. When it just has been, the order is told. Canceling twice is canceling
 * once, so the call has no key: under one Stripe would repeat a stored 500 for a day.
 */
export async function cancel(message: CancelMessage, attempts: number, context: PaymentContext): Promise<Verdict> {
  const { intent } = message;
  const result = await callStripe(context, "payment_intents.cancel", () =>
    context.stripe.paymentIntents.cancel(intent),
  );
  if (result.kind === "answered") return "ack";
  if (result.kind === "rejected" && result.error.code === UNEXPECTED_STATE) {
    return reportIfPaid(message, attempts, context);
  }
  return verdictOf("cancel", result, message, attempts, context);
}

/** The webhook would tell as well; this only spares the order the wait. Everything but paid needs nothing from us. */
async function reportIfPaid(message: CancelMessage, attempts: number, context: PaymentContext): Promise<Verdict> {
  const result = await callStripe(context, "payment_intents.retrieve", () =>
    context.stripe.paymentIntents.retrieve(message.intent),
  );
  if (result.kind !== "answered") return verdictOf("cancel", result, message, attempts, context);
  const { metadata } = result.value;
  const fact = factOfIntent(result.value);
  log("info", "cancel_too_late", { orderId: message.orderId, intent: message.intent, status: result.value.status });
  if (fact?.type === "captured") {
    await reportFact(context, apiFact(message, stamp(fact, attemptOf(metadata), result.startedAt)));
  }
  return "ack";
}
