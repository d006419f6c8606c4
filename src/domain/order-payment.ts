import type { Rule } from "./order.ts";
import type { Order, OrderEvent, Payment } from "./order-record.ts";

/** What is known of the payment once a rule has taken in an event. */
export function paymentAfter(order: Order, event: OrderEvent, rule: Rule): Payment {
  const known: Payment =
    "at" in event ? { ...order.payment, factAt: Math.max(order.payment.factAt, event.at) } : order.payment;
  // Turned up after the order was given up: remembered so that it can be canceled, never shown to the shopper.
  if ((event.type === "intent_created" || event.type === "action_required") && rule.effects.includes("cancel_intent")) {
    return { ...known, intent: event.intent };
  }
  switch (event.type) {
    case "intent_created":
      return { ...known, status: "requires_payment_method", intent: event.intent, clientSecret: event.clientSecret };
    case "action_required": {
      const { intent, clientSecret, nextAction } = event;
      return { ...known, status: "requires_action", intent, clientSecret, nextAction, error: undefined };
    }
    case "processing":
      return { ...known, status: "processing", intent: event.intent, nextAction: undefined, error: undefined };
    case "unknown":
      return { ...known, status: "unknown" };
    case "captured":
      return capturedPayment(order, known, event, rule);
    case "declined":
      return {
        ...known,
        status: order.payment.method.kind === "client" ? "requires_payment_method" : "failed",
        intent: event.intent ?? known.intent,
        nextAction: undefined,
        error: event.error,
      };
    case "failed":
      if (rule.to === undefined) return { ...known, status: "queued", attempt: known.attempt + 1, error: event.error };
      return { ...known, status: "failed", error: event.error };
    case "intent_canceled":
      return { ...known, status: "canceled", nextAction: undefined, clientSecret: undefined };
    case "refunded":
      return { ...known, refunded: known.refunded + event.amount };
    case "cancel_requested":
    case "expiry_due":
      return rule.to === undefined ? known : { ...known, nextAction: undefined, clientSecret: undefined };
    case "reserved":
    case "short":
    case "claimed":
    case "claim_short":
      return known;
  }
}

function capturedPayment(order: Order, known: Payment, event: OrderEvent & { type: "captured" }, rule: Rule): Payment {
  const review =
    rule.when === "wrong_amount"
      ? `captured ${event.amount} ${event.currency}, the order is ${order.totals.total} ${order.currency}`
      : rule.effects.includes("alert_person")
        ? `a second charge ${event.intent} was captured and is being refunded`
        : known.review;
  return {
    ...known,
    status: "succeeded",
    // The first charge stays the order's; a second one is only in the ledger until it is refunded.
    intent: known.captured === 0 ? event.intent : known.intent,
    captured: known.captured + event.amount,
    clientSecret: undefined,
    nextAction: undefined,
    error: undefined,
    review,
  };
}
