import type { Effect } from "./order.ts";
import { isUnsent } from "./order-fulfilment.ts";
import { pendingAmount } from "./order-payment.ts";
import type { LedgerEntry, Order, RefundRequest } from "./order-record.ts";
import { unreachable } from "./result.ts";

/**
 * The effects that an order in this state must have had, told again. For when messages may be gone although queues do not lose them: a
 * local runtime that was killed (its queues live in memory), a dead letter that was discarded, a read model that is rebuilt. Every one of
 * them is idempotent where it arrives.
 */
export function outstandingEffects(order: Order): Effect[] {
  const { payment } = order;
  switch (order.state) {
    case "placing":
    case "rejected":
      return [];
    case "awaiting_payment":
    case "requires_action": {
      const isCharged = payment.status !== "queued" && payment.status !== "unknown";
      return ["project", "announce_placed", isCharged ? "look_up" : "charge"];
    }
    case "expired":
    case "payment_failed":
    case "canceled": {
      const mayStillBePaid = payment.captured === 0 && payment.status !== "canceled";
      return ["project", "announce_placed", "announce_closed", ...(mayStillBePaid ? (["cancel_intent"] as const) : [])];
    }
    case "paid":
    case "partially_fulfilled":
    case "fulfilled":
      return ["project", "announce_placed", "announce_paid"];
    case "partially_refunded":
    case "refunded":
      return ["project", "announce_placed", "announce_refunded"];
    default:
      return unreachable(order.state);
  }
}

/** Refunds that were asked for and have not come back yet. */
export const pendingRequests = ({ payment }: Order): readonly RefundRequest[] =>
  (payment.requests ?? []).filter(({ status }) => status === "pending");

/** Charges that must not be kept and whose refund is not in the ledger yet, as the captures that remain. */
export function refundsDue(order: Order, ledger: readonly LedgerEntry[]): LedgerEntry[] {
  const { intent } = order.payment;
  return ledger.flatMap((entry) => {
    const isOrders = entry.intent === intent;
    if (entry.kind !== "capture" || (isOrders && keepsItsCharge(order))) return [];
    const returned = ledger
      .filter((other) => other.kind === "refund" && other.intent === entry.intent)
      .reduce((sum, other) => sum + other.amount, 0);
    // What was asked for goes back as that request.
    const due = entry.amount - returned - (isOrders ? pendingAmount(order.payment) : 0);
    return due > 0 ? [{ ...entry, amount: due }] : [];
  });
}

/** A charge is kept while its goods are or may still be had, and while a person has to decide about its amount. */
function keepsItsCharge(order: Order): boolean {
  switch (order.state) {
    case "placing":
    case "awaiting_payment":
    case "requires_action":
    case "paid":
      return order.stock !== "released";
    case "partially_refunded":
      return order.stock !== "released" || !isUnsent(order);
    case "expired":
    case "payment_failed":
      return order.stock !== "released" || order.payment.review !== undefined;
    case "partially_fulfilled":
    case "fulfilled":
    // What the bank of a refunded one sent back: a person may have paid the customer otherwise.
    case "refunded":
      return true;
    case "canceled":
    case "rejected":
      return false;
    default:
      return unreachable(order.state);
  }
}
