import type { EventsMessage, OrderSummary, PaymentsMessage } from "../../src/domain/messages.ts";
import { orderNotification } from "../../src/domain/notifications.ts";
import type { Decision, Effect } from "../../src/domain/order.ts";
import type { LedgerEntry, Order } from "../../src/domain/order-record.ts";
import { outstandingEffects, pendingRequests, refundsDue } from "../../src/domain/order-resend.ts";
import { unreachable } from "../../src/domain/result.ts";
import { log } from "../../src/platform/log.ts";
import { callObject } from "../../src/platform/object-call.ts";
import type { Cart } from "../cart/cart.ts";
import type { Outbox } from "../outbox.ts";
import type { DueWork } from "../work.ts";

/** Kinds of work an order does besides sending messages. */
export const CLAIM = "claim";
export const RELEASE = "release";
export const RESTOCK = "restock";
export const REOPEN = "reopen_cart";
export const EXPIRE = "expire";
export const HOLD = "hold";

export interface EffectContext {
  readonly work: DueWork;
  readonly outbox: Outbox;
  readonly expiryMs: number;
  readonly now: number;
  /** The ledger as it is after the decision. */
  readonly ledger: () => readonly LedgerEntry[];
}

/** Writes the rows that an effect asks for; to be called in the transaction of the decision. Returns the ids to run after it. */
export function recordEffects(decision: Decision, context: EffectContext): string[] {
  return decision.effects.flatMap((effect) => recordEffect(effect, decision, context));
}

/** Writes again whatever this state must have caused, after messages may have been lost. */
export function recordOutstanding(order: Order, context: EffectContext): string[] {
  const told = recordEffects({ order, effects: [...outstandingEffects(order), "refund_strays"] }, context);
  const requests = pendingRequests(order).flatMap((request) => {
    const message = requestMessage(order, request);
    return message ? [context.outbox.put("payments", message, context.now)] : [];
  });
  return [...told, ...requests];
}

function recordEffect(effect: Effect, { order, entry }: Decision, context: EffectContext): string[] {
  const { work, outbox, expiryMs, now } = context;
  const { id: orderId, requestId, payment } = order;
  const step = (kind: string): string[] => {
    work.put({ id: kind, kind }, now);
    return [kind];
  };
  switch (effect) {
    case "charge":
    case "cancel_intent":
    case "look_up":
    case "refund":
    case "refund_request": {
      const message = paymentsMessage(effect, order, entry, context.ledger);
      return message ? [outbox.put("payments", message, now)] : [];
    }
    case "refund_strays":
      return refundsDue(order, context.ledger()).flatMap((stray) =>
        recordEffect("refund", { order, effects: [], entry: stray }, context),
      );
    case "ask_again":
      return askAgain(order, context);
    case "claim_stock":
      return step(CLAIM);
    case "release_stock":
      return step(RELEASE);
    case "restock":
      return step(RESTOCK);
    case "reopen_cart":
    case "keep_cart":
      return step(REOPEN);
    case "start_expiry":
      work.put({ id: EXPIRE, kind: EXPIRE, dueAt: now + expiryMs }, now);
      return [];
    case "recheck_expiry":
      // The hold on the stock has to outlive the payment that is still under way.
      work.put({ id: EXPIRE, kind: EXPIRE, dueAt: now + expiryMs }, now);
      return step(HOLD);
    case "stop_expiry":
      work.remove(EXPIRE);
      return [];
    case "project":
      return [
        outbox.put(
          "orders",
          { v: 1, type: "order.changed", id: `order:${orderId}:${order.version}`, order: summaryOf(order) },
          now,
        ),
      ];
    case "announce_placed":
    case "announce_paid":
    case "announce_closed":
    case "announce_refunded":
    case "announce_fulfilled":
      return announce(factOf(ANNOUNCED[effect], order, now), order, outbox, now);
    case "announce_correction":
      // For our own figures only: nothing happened that other systems or the customer would have to be told.
      return [outbox.put("events", factOf("order.refunded", order, now), now)];
    case "alert_person":
      log("error", "order_needs_review", { orderId, requestId, review: payment.review });
      return [];
    default:
      return unreachable(effect);
  }
}

/** What became of a payment of which nothing is known yet. */
function askAgain(order: Order, context: EffectContext): string[] {
  const { intent, status } = order.payment;
  if (status === "queued" || status === "unknown") return recordEffect("charge", { order, effects: [] }, context);
  if (intent === undefined) return [];
  // It is asked again with the next look at the expiry, so a question without an answer need not wait for one.
  return [context.outbox.put("payments", { ...lookUpMessage(order, intent), recurs: true }, context.now)];
}

/** Gives the cart back or keeps it, by what the order is now: of two that cross the later one cannot undo what is right. */
export const settleCart = (carts: DurableObjectNamespace<Cart>, { id, cartId, state }: Order): Promise<void> =>
  callObject(() => {
    const cart = carts.getByName(cartId);
    return state === "paid" ? cart.keep(id) : cart.reopen(id);
  });

/** A fact for our own figures, and what of it the shop's other systems are told. */
function announce(fact: EventsMessage, order: Order, outbox: Outbox, now: number): string[] {
  const told = orderNotification(fact.type, order, now);
  return [outbox.put("events", fact, now), ...(told ? [outbox.put("notifications", told, now)] : [])];
}

const ANNOUNCED = {
  announce_placed: "order.placed",
  announce_paid: "order.paid",
  announce_closed: "order.closed",
  announce_refunded: "order.refunded",
  announce_fulfilled: "order.fulfilled",
} as const;

/** What payments is asked to do, or nothing when there is nothing yet to do it with. */
function paymentsMessage(
  effect: "charge" | "cancel_intent" | "look_up" | "refund" | "refund_request",
  order: Order,
  entry: Decision["entry"],
  ledger: EffectContext["ledger"],
): PaymentsMessage | undefined {
  const { id: orderId, requestId, version, state, payment } = order;
  const head = { v: 1, requestId, orderId } as const;
  const { attempt, intent } = payment;
  if (effect === "charge") return { ...head, type: "payment.charge", id: `charge:${orderId}:${attempt}`, attempt };
  if (effect === "refund") {
    if (!entry) throw new Error(`order ${orderId}: a refund without the charge that it gives back`);
    const { intent: from, amount } = entry;
    // After one that failed it is another one: under the same id the failed one would be found, and taken for the answer.
    const failed = ledger().filter((other) => other.kind === "refund" && other.intent === from && other.amount === 0);
    const id = `refund:${from}:${amount}${failed.length === 0 ? "" : `:${failed.length}`}`;
    return { ...head, type: "payment.refund", id, intent: from, amount, reason: state };
  }
  if (effect === "refund_request") return requestMessage(order);
  // Nothing was created yet: the charge finds the order closed, or turns up later and is canceled then.
  if (intent === undefined) return undefined;
  return effect === "look_up"
    ? lookUpMessage(order, intent)
    : { ...head, type: "payment.cancel", id: `cancel:${intent}:${version}`, intent };
}

/** Asks payments to tell what is true of this intent now. */
export const lookUpMessage = (
  { id: orderId, requestId }: Order,
  intent: string,
): Extract<PaymentsMessage, { type: "payment.lookup" }> => ({
  v: 1,
  type: "payment.lookup",
  id: `lookup:${intent}`,
  requestId,
  orderId,
  intent,
});

/** The refund that was asked for last. Its id is the request's, so two equal refunds are two and a repeated one is one. */
export function requestMessage(order: Order, request = order.payment.requests?.at(-1)): PaymentsMessage | undefined {
  const { id: orderId, requestId, payment } = order;
  if (request === undefined || payment.intent === undefined) return undefined;
  const { id, amount, reason } = request;
  const head = { v: 1, type: "payment.refund", requestId, orderId, intent: payment.intent } as const;
  return { ...head, id: `refund:${orderId}:${id}`, amount, reason, request: id };
}

function factOf(type: (typeof ANNOUNCED)[keyof typeof ANNOUNCED], order: Order, at: number): EventsMessage {
  const { id: orderId, cartId, visitorId, requestId, currency, totals, payment, state, version, placedAt } = order;
  const lines = order.lines.map(({ sku, quantity, unitPrice }) => ({ sku, quantity, unitPrice }));
  const { captured, refunded } = payment;
  const id = type === "order.refunded" ? `${type}:${orderId}:${refunded}` : `${type}:${orderId}`;
  const head = { v: 1, type, id, requestId, orderId, cartId, visitorId, version } as const;
  return { ...head, status: state, currency, total: totals.total, captured, refunded, lines, placedAt, at };
}

/** The order's row in the read model. */
export function summaryOf(order: Order): OrderSummary {
  const { id, number, state, cartId, currency, totals, payment, version, placedAt, updatedAt } = order;
  return {
    id,
    number,
    status: state,
    cartId,
    email: order.customer?.email,
    skus: order.lines.map(({ sku }) => sku),
    currency,
    total: totals.total,
    captured: payment.captured,
    refunded: payment.refunded,
    intent: payment.intent,
    review: payment.review,
    version,
    placedAt,
    updatedAt,
  };
}
