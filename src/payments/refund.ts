import type Stripe from "stripe";
import type { PaymentsMessage } from "../domain/messages.ts";
import type { PaymentFact } from "../domain/order-record.ts";
import { log } from "../platform/log.ts";
import { retryAfterSeconds, type Verdict } from "../platform/queue-batch.ts";
import { sendMessage } from "../platform/queue-send.ts";
import type { PaymentContext } from "./context.ts";
import { apiFact, reportFact, stamp } from "./facts.ts";
import { callStripe, type CallResult } from "./stripe-call.ts";
import { sendAnew, waitForPerson } from "./verdicts.ts";

export type RefundMessage = Extract<PaymentsMessage, { type: "payment.refund" }>;

/** More refunds than an order can have; the oldest of more would not be seen. */
const REFUNDS_LISTED = 100;

/** The money is on its way back only when Stripe says `succeeded`. */
export function factOfRefund(refund: {
  readonly id: string;
  readonly status: string | null;
  readonly amount: number;
  readonly currency: string;
  readonly intent: string;
  /** Of the shop's own refunds: which request it fulfils. */
  readonly request: string | undefined;
}): PaymentFact | undefined {
  const { id, status, amount, currency, intent, request } = refund;
  if (status === "failed" || status === "canceled") return { type: "refund_failed", intent, refund: id, request };
  if (status !== "succeeded") return undefined;
  return { type: "refunded", intent, refund: id, amount, currency: currency.toUpperCase(), request };
}

/**
 * Gives money back, once per message id. The idempotency key alone would do for a day; a message that is replayed from the dead letters
 * later than that finds its refund in Stripe's list, by the id written on it.
 */
export async function refund(message: RefundMessage, attempts: number, context: PaymentContext): Promise<Verdict> {
  const { orderId, intent, amount, reason, request } = message;
  const listed = await callStripe(context, "refunds.list", () =>
    context.stripe.refunds.list({ payment_intent: intent, limit: REFUNDS_LISTED }),
  );
  if (listed.kind !== "answered") return verdictOf(listed, message, attempts, context);
  const made = listed.value.data.find((candidate) => candidate.metadata?.["refund_id"] === message.id);
  if (made) return settle(made, message, context);

  const metadata = { order_id: orderId, reason, refund_id: message.id, ...(request !== undefined && { request }) };
  const params = { payment_intent: intent, amount, metadata };
  const idempotencyKey = `${orderId}:${message.id}`;
  const result = await callStripe(context, "refunds.create", () =>
    context.stripe.refunds.create(params, { idempotencyKey }),
  );
  if (result.kind === "answered") return settle(result.value, message, context);
  if (result.kind === "rejected" && result.error.code === "charge_already_refunded") {
    // Someone was faster, e.g. in Stripe's dashboard. The order learns of every refund there is and counts each once.
    for (const other of listed.value.data) await report(other, message, context);
    log("warn", "already_refunded", { orderId, intent, refunds: listed.value.data.length });
    return "ack";
  }
  return verdictOf(result, message, attempts, context);
}

async function settle(made: Stripe.Refund, message: RefundMessage, context: PaymentContext): Promise<Verdict> {
  // `pending` and `requires_action` end in a webhook, whose fact is this one.
  await report(made, message, context);
  return "ack";
}

async function report(made: Stripe.Refund, message: RefundMessage, context: PaymentContext): Promise<void> {
  const { id, status, amount, currency, created } = made;
  const request = made.metadata?.["request"];
  const fact = factOfRefund({ id, status, amount, currency, intent: message.intent, request });
  if (fact) await reportFact(context.ordersQueue, apiFact(message, stamp(fact, 0, created * 1_000)));
}

async function verdictOf(
  result: Exclude<CallResult<unknown>, { kind: "answered" }>,
  message: RefundMessage,
  attempts: number,
  context: PaymentContext,
): Promise<Verdict> {
  switch (result.kind) {
    case "deferred":
      await sendMessage(context.paymentsQueue, message, sendAnew(result.delayMs));
      return "ack";
    case "indefinite":
      return { retryAfterSeconds: retryAfterSeconds(attempts) };
    case "declined":
    case "rejected":
      return waitForPerson(`refund_${result.kind}`, message, attempts, result.error.message);
    case "key_conflict":
    case "misconfigured":
      return waitForPerson(`refund_${result.kind}`, message, attempts, result.message);
  }
}
