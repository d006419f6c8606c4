import { DURATION_MS } from "./limits.ts";
import { isUnsent, sent, unsendable } from "./order-fulfilment.ts";
import { refundable } from "./order-payment.ts";
import type { Order, OrderEvent } from "./order-record.ts";

/** A payment that definitely did not happen is tried this often in all, each try under its own key. */
export const CHARGE_ATTEMPTS = 3;

/** What the ledger already holds, as far as a decision needs it. */
export interface LedgerView {
  has(ref: string): boolean;
  /** Minor units; 0 when it is not there, or is a refund that failed. */
  amountOf(ref: string): number;
}

export type Judge = (order: Order, event: OrderEvent, ledger: LedgerView, now: number) => boolean;

/** Conditions of the table of transitions, by name. */
export const GUARDS = {
  known_capture: (_order, event, ledger) => event.type === "captured" && ledger.has(event.intent),
  known_refund: (_order, event, ledger) => event.type === "refunded" && ledger.has(event.refund),
  known_failure: (_order, event, ledger) =>
    event.type === "refund_failed" && ledger.has(event.refund) && ledger.amountOf(event.refund) === 0,
  came_back: (_order, event, ledger) => event.type === "refund_failed" && ledger.amountOf(event.refund) > 0,
  wrong_amount: (order, event) =>
    event.type === "captured" && (event.amount !== order.totals.total || event.currency !== order.currency),
  first_capture: (order) => order.payment.captured === 0,
  is_claiming: (order) => order.stock === "claiming",
  pays_in_browser: (order) => order.payment.method.kind === "client",
  may_try_again: (order, event) =>
    event.type === "failed" && event.retryable && order.payment.attempt < CHARGE_ATTEMPTS,
  payment_under_way: (order, _event, _ledger, now) => isUnderWay(order, now),
  has_no_money: (order) => order.payment.captured === 0,
  shop_may_undo: (order, event) => event.type === "cancel_requested" && event.by === "shop" && isUnsent(order),
  is_refundable: (order, event) =>
    event.type === "refund_requested" && event.amount > 0 && event.amount <= refundable(order),
  can_be_sent: (order, event) => event.type === "fulfilled" && unsendable(order, event.units) === undefined,
  completes: (order, event) =>
    event.type === "fulfilled" &&
    unsendable(order, event.units) === undefined &&
    sent(order.lines, event.units).every((line) => line.fulfilled === line.quantity),
  new_dispute: (order, event) =>
    event.type === "disputed" && !order.disputes?.some((dispute) => dispute.id === event.dispute.id),
  leaves_nothing: (order, event) => keptAfter(order, event) === 0,
  leaves_nothing_unclaimed: (order, event) =>
    keptAfter(order, event) === 0 && order.stock === "claiming" && isUnsent(order),
  leaves_total: (order, event) => keptAfter(order, event) === order.totals.total,
} satisfies Record<string, Judge>;

const keptAfter = (order: Order, event: OrderEvent): number =>
  order.payment.captured - order.payment.refunded - (event.type === "refunded" ? event.amount : 0);

/** Whether the PSP may still be about to take the money, so that expiring the order would only produce a late payment. */
function isUnderWay(order: Order, now: number): boolean {
  const age = now - order.placedAt;
  switch (order.payment.status) {
    case "queued":
    case "unknown":
      return age < DURATION_MS.pendingPaymentMax;
    case "processing":
      return age < DURATION_MS.asyncPaymentMax;
    case "requires_payment_method":
    case "requires_action":
    case "succeeded":
    case "failed":
    case "canceled":
      return false;
  }
}

/** A condition on the order and the event, by name, so that the table reads as data. */
export type Guard = keyof typeof GUARDS;
