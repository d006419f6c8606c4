import type { OrdersMessage } from "../domain/messages.ts";
import type { PaymentFact, StampedPaymentFact } from "../domain/order-record.ts";
import { log } from "../platform/log.ts";
import { sendMessage } from "../platform/queue-send.ts";
import type { PaymentContext } from "./context.ts";

type FactMessage = Extract<OrdersMessage, { type: "payment.fact" }>;

export interface FactSource {
  readonly orderId: string;
  readonly requestId?: string | undefined;
}

/** Facts count in whole seconds, because Stripe's own times do: otherwise our clock would beat an event of the same second. */
export const floorToSecond = (ms: number): number => Math.floor(ms / 1_000) * 1_000;

export const stamp = (fact: PaymentFact, attempt: number, at: number): StampedPaymentFact => ({
  ...fact,
  attempt,
  at: floorToSecond(at),
});

/** A fact that an answer of Stripe's API told. The id depends on the fact only, so a repeat sends the same id. */
export function apiFact(source: FactSource, fact: StampedPaymentFact): FactMessage {
  return factMessage(source, "api", `api:${subjectOf(fact) ?? source.orderId}:${fact.type}:${fact.attempt}`, fact);
}

/** A fact that one of Stripe's events told. */
export function webhookFact(source: FactSource, eventId: string, fact: StampedPaymentFact): FactMessage {
  return factMessage(source, "webhook", `stripe:${eventId}`, fact);
}

function factMessage(
  { orderId, requestId }: FactSource,
  source: "api" | "webhook",
  id: string,
  fact: StampedPaymentFact,
): FactMessage {
  return { v: 1, type: "payment.fact", id, requestId, orderId, source, fact };
}

/** Stripe's id of what the fact is about. */
function subjectOf(fact: PaymentFact): string | undefined {
  switch (fact.type) {
    case "refunded":
    case "refund_failed":
      return fact.refund;
    case "disputed":
      return fact.dispute.id;
    case "intent_created":
    case "action_required":
    case "processing":
    case "captured":
    case "declined":
    case "intent_canceled":
      return fact.intent;
    case "unknown":
    case "failed":
      return undefined;
  }
}

type FactContext = Pick<PaymentContext, "applyFact" | "ordersQueue">;

/**
 * Tells the order itself: one call, and the shopper knows. `later` is for an order that is restarting, or that wants what comes before this
 * fact first; both take it from the queue.
 */
export async function tellOrder(
  { applyFact }: Pick<PaymentContext, "applyFact">,
  { id: messageId, orderId, requestId, source, fact }: FactMessage,
): Promise<"told" | "unknown_order" | "later"> {
  const fields = { orderId, messageId, requestId, fact: fact.type, source };
  try {
    const reply = await applyFact(orderId, fact);
    if (!reply.ok) return reply.reason === "unknown_order" ? "unknown_order" : "later";
    const { applied, state, version } = reply.value;
    // Every charge is told twice by design, by its answer and by its webhook; the second is not worth a line.
    if (applied || fact.type !== "captured") log("info", "fact_applied", { ...fields, applied, state, version });
    return "told";
  } catch (error) {
    log("warn", "order_not_told", { ...fields, error: String(error) });
    return "later";
  }
}

/**
 * Makes sure that the order learns of it, by the queue when not at once. Rejects when the queue does not take it either: the caller's own
 * message or event then comes again. A fact of an order that does not exist goes round the queue, to a person: money may have moved.
 */
export async function reportFact(context: FactContext, message: FactMessage): Promise<void> {
  if ((await tellOrder(context, message)) !== "told") await sendMessage(context.ordersQueue, message);
}
