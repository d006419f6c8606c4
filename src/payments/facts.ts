import type { OrdersMessage } from "../domain/messages.ts";
import type { PaymentFact, StampedPaymentFact } from "../domain/order-record.ts";
import { sendMessage } from "../platform/queue-send.ts";

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

/** Rejects when the queue does not take it: the caller's own message or event then comes again. */
export async function reportFact(queue: Pick<Queue<OrdersMessage>, "send">, message: FactMessage): Promise<void> {
  await sendMessage(queue, message);
}
