import type { LedgerView, Rule } from "./order.ts";
import type { Order, OrderEvent, Payment, RefundRequest } from "./order-record.ts";

/** What is known of the payment once a rule has taken in an event. */
export function paymentAfter(order: Order, event: OrderEvent, rule: Rule, ledger: LedgerView): Payment {
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
    case "refunded": {
      const refunded = known.refunded + event.amount;
      const requests = requestsAfter(known, event.request, "succeeded");
      return { ...known, refunded, requests: refunded === known.captured ? withoutPending(requests) : requests };
    }
    case "refund_failed": {
      const back = ledger.amountOf(event.refund);
      const when = back > 0 ? `over ${back} failed after it had succeeded` : "failed";
      return {
        ...known,
        refunded: known.refunded - back,
        requests: requestsAfter(known, event.request, "failed"),
        review: `refund ${event.refund} ${when}; the money is with the payment provider`,
      };
    }
    case "refund_requested":
      return withRequest(known, { id: event.request, amount: event.amount, reason: event.reason, status: "pending" });
    case "disputed": {
      const { id, reason, status, amount } = event.dispute;
      return { ...known, review: `dispute ${id} over ${amount} (${reason}) is ${status}` };
    }
    case "cancel_requested": {
      const open: Payment = { ...known, nextAction: undefined, clientSecret: undefined };
      const amount = cancelRefund(order);
      if (amount === 0) return open;
      return withRequest(open, { id: CANCEL_REQUEST, amount, reason: "canceled", status: "pending" });
    }
    case "expiry_due":
      return rule.to === undefined ? known : { ...known, nextAction: undefined, clientSecret: undefined };
    case "reserved":
    case "short":
    case "claimed":
    case "claim_short":
    case "fulfilled":
      return known;
  }
}

function capturedPayment(order: Order, known: Payment, event: OrderEvent & { type: "captured" }, rule: Rule): Payment {
  const review =
    rule.when === "wrong_amount"
      ? `captured ${event.amount} ${event.currency}, the order is ${order.totals.total} ${order.currency}`
      : rule.effects.includes("alert_person")
        ? `a second charge ${event.intent} was captured and is being refunded`
        : undefined;
  const isTheOrders = known.captured === 0 || rule.effects.includes("claim_stock");
  return {
    ...known,
    status: "succeeded",
    // The charge that pays the order is the order's; any other is only in the ledger until it is refunded.
    intent: isTheOrders ? event.intent : known.intent,
    captured: known.captured + event.amount,
    clientSecret: undefined,
    nextAction: undefined,
    error: undefined,
    review,
  };
}

/** An order is canceled once, so its refund needs no other name. */
const CANCEL_REQUEST = "cancel";

const withRequest = (payment: Payment, request: RefundRequest): Payment => ({
  ...payment,
  requests: [...(payment.requests ?? []), request],
});

const requestsAfter = (payment: Payment, id: string | undefined, status: "succeeded" | "failed") =>
  payment.requests?.map((request) => (request.id === id ? { ...request, status } : request));

/** Nothing is left that they could be made of, e.g. because somebody refunded all of it in the PSP's dashboard. */
const withoutPending = (requests: Payment["requests"]) =>
  requests?.map((request) => (request.status === "pending" ? { ...request, status: "failed" as const } : request));

/** What was asked back and neither came nor failed yet, in minor units. */
export const pendingAmount = ({ requests = [] }: Payment): number =>
  requests.reduce((sum, request) => sum + (request.status === "pending" ? request.amount : 0), 0);

/**
 * What a person may still give back, in minor units: the capture less what was refunded or is about to be. A second charge is no part of
 * it, because that goes back by itself.
 */
export function refundable({ payment, totals }: Order): number {
  const surplus = Math.max(0, payment.captured - totals.total);
  const returned = Math.max(0, payment.refunded - surplus);
  return Math.min(payment.captured, totals.total) - returned - pendingAmount(payment);
}

/**
 * Canceling gives everything back; of an order in quarantine that is whatever was captured. What was asked for before may be more than that by now, when
 * somebody refunded a part in the PSP's dashboard: then there is nothing to add, and the PSP refuses the surplus.
 */
function cancelRefund(order: Order): number {
  const { captured, refunded } = order.payment;
  const isPaid = order.state === "paid" || order.state === "partially_refunded";
  return Math.max(0, isPaid ? refundable(order) : captured - refunded - pendingAmount(order.payment));
}
