import type Stripe from "stripe";
import type { PaymentsMessage } from "../domain/messages.ts";
import type { PaymentFact } from "../domain/order-record.ts";
import { log } from "../platform/log.ts";
import type { Verdict } from "../platform/queue-batch.ts";
import { sendMessage } from "../platform/queue-send.ts";
import type { PaymentContext } from "./context.ts";
import { apiFact, reportFact, stamp } from "./facts.ts";
import { callStripe } from "./stripe-call.ts";
import { isBeyondOutage, sendAnew, verdictOf, waitForPerson } from "./verdicts.ts";

export type RefundMessage = Extract<PaymentsMessage, { type: "payment.refund" }>;

/** More refunds than an order can have; the oldest of more would not be seen. */
const REFUNDS_LISTED = 100;
const LOOK_AGAIN_MS = 2_000;
/** Between two calls to make it the time to show up is given once, twice, ... and so often: the keys that a message counts then last for a week. */
const SETTLE_TIMES_MAX = 10;

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
 * Gives money back, once per message id, which is written on the refund: whatever became of an earlier call stands in Stripe's list. A
 * key whose call ended without an answer is not used again, because Stripe repeats a stored 500 under it for a day; the next one
 * is used once the refund has had time to show up and has not.
 */
export async function refund(message: RefundMessage, attempts: number, context: PaymentContext): Promise<Verdict> {
  const { orderId, intent, amount, reason, request, tries = 0, lastSentAt = 0 } = message;
  const listed = await callStripe(context, "refunds.list", () =>
    context.stripe.refunds.list({ payment_intent: intent, limit: REFUNDS_LISTED }),
  );
  if (listed.kind !== "answered") return verdictOf("refund", listed, message, attempts, context);
  const made = listed.value.data.find((candidate) => candidate.metadata?.["refund_id"] === message.id);
  if (made) return settle(made, message, context);
  const settledAt = lastSentAt + context.settings.settleMs * Math.min(tries, SETTLE_TIMES_MAX);
  if (tries > 0 && context.now() < settledAt) return lookAgain(message, settledAt - context.now(), context);

  // Half a surrogate pair cannot be encoded, and a refund does not fail for the words that it was asked for with.
  const words = reason.toWellFormed();
  const metadata = {
    order_id: orderId,
    reason: words,
    refund_id: message.id,
    ...(request !== undefined && { request }),
  };
  const params = { payment_intent: intent, amount, metadata };
  const idempotencyKey = `${orderId}:${message.id}:${tries}`;
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
  if (result.kind === "rejected") return refused(message, result.error.message, context);
  if (result.kind === "indefinite") {
    log("warn", "refund_indefinite", { orderId, intent, tries, error: result.message });
    const { waitingSince = result.firstSentAt } = message;
    if (isBeyondOutage(waitingSince, context))
      return waitForPerson("refund_unanswered", message, attempts, result.message);
    const asked = { ...message, tries: tries + 1, lastSentAt: result.lastSentAt, waitingSince };
    return lookAgain(asked, context.settings.settleMs, context);
  }
  return verdictOf("refund", result, message, attempts, context);
}

/**
 * Stripe will not make this refund, whoever asks again: the charge is disputed, say, or a part of it went back otherwise. The order must not count on it
 * any more, and puts it before a person. There is no refund to name, so it goes by the message's id.
 */
async function refused(message: RefundMessage, error: string, context: PaymentContext): Promise<Verdict> {
  const { id, orderId, requestId, intent, request } = message;
  log("error", "refund_refused", { orderId, messageId: id, requestId, intent, error });
  const fact = { type: "refund_failed", intent, refund: id, request } as const;
  await reportFact(context, apiFact(message, stamp(fact, 0, context.now())));
  return "ack";
}

/** Looks into the list soon and then ever more rarely, until the time is over after which a refund that is not there was not made. */
async function lookAgain(message: RefundMessage, leftMs: number, context: PaymentContext): Promise<Verdict> {
  const waitMs = Math.min(Math.max(LOOK_AGAIN_MS, (context.now() - (message.lastSentAt ?? 0)) / 2), leftMs);
  await sendMessage(context.paymentsQueue, message, sendAnew(waitMs));
  return "ack";
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
  if (fact) await reportFact(context, apiFact(message, stamp(fact, 0, created * 1_000)));
}
