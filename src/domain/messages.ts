import * as z from "zod";
import type { EventBatch } from "./events/columns.ts";
import { LIMITS } from "./limits.ts";
import type { NotificationsMessage } from "./notifications.ts";
import { ORDER_STATES } from "./order-record.ts";

/**
 * What travels between Workers. Every message is tagged by `type` and versioned by `v`; `id` is deterministic, so the same change
 * sends the same id however often it is sent. Amounts are minor units, times UTC ms. Delivery is at least once and unordered:
 * consumers are idempotent.
 */
export const units = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
export const time = z.int().min(0);
export const orderId = z.string().max(64).startsWith("ord_");
export const currency = z.string().regex(/^[A-Z]{3}$/);
const id = z.string().min(1).max(200);
export const head = { v: z.literal(1), id, requestId: z.string().max(LIMITS.requestIdChars).optional() };

const paymentError = z.object({
  code: z.string().max(100),
  declineCode: z.string().max(100).optional(),
  message: z.string().max(LIMITS.textChars),
});
const reference = z.string().min(1).max(255);
const intent = reference;
/** When the payment provider first left what is asked for without an answer; set by payments, which sends the message to itself until it has one. */
const waitingSince = time.optional();

/** What the payment provider said, stated as a fact. `at` is the provider's time, floored to the second like Stripe's events. */
export const paymentFactSchema = z.intersection(
  z.object({ attempt: z.int().min(0).max(100), at: time }),
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("intent_created"), intent, clientSecret: z.string().max(500) }),
    z.object({
      type: z.literal("action_required"),
      intent,
      clientSecret: z.string().max(500),
      nextAction: z.string().max(LIMITS.nextActionChars),
    }),
    z.object({ type: z.literal("processing"), intent }),
    z.object({ type: z.literal("unknown") }),
    z.object({ type: z.literal("captured"), intent, amount: units, currency }),
    z.object({ type: z.literal("declined"), intent: intent.optional(), error: paymentError }),
    z.object({ type: z.literal("failed"), retryable: z.boolean(), error: paymentError }),
    z.object({ type: z.literal("intent_canceled"), intent }),
    z.object({
      type: z.literal("refunded"),
      intent,
      refund: reference,
      amount: units,
      currency,
      request: reference.optional(),
    }),
    z.object({ type: z.literal("refund_failed"), intent, refund: reference, request: reference.optional() }),
    z.object({
      type: z.literal("disputed"),
      intent,
      dispute: z.object({ id: reference, status: z.string().max(100), amount: units, reason: z.string().max(100) }),
    }),
  ]),
);

/** The row of an order in the read model. */
export const orderSummarySchema = z.object({
  id: orderId,
  number: z.string().max(32),
  status: z.enum(ORDER_STATES),
  cartId: z.string().max(64),
  email: z.string().max(LIMITS.emailChars).optional(),
  skus: z.array(z.string().max(LIMITS.skuChars)).max(LIMITS.linesPerCart).default([]),
  currency,
  total: units,
  captured: units,
  refunded: units,
  intent: intent.optional(),
  review: z.string().max(LIMITS.textChars).optional(),
  version: z.int().min(1),
  placedAt: time,
  updatedAt: time,
});
export type OrderSummary = z.infer<typeof orderSummarySchema>;

export const ordersMessageSchema = z.discriminatedUnion("type", [
  z.object({
    ...head,
    type: z.literal("payment.fact"),
    orderId,
    source: z.enum(["api", "webhook"]),
    fact: paymentFactSchema,
  }),
  z.object({ ...head, type: z.literal("order.changed"), order: orderSummarySchema }),
]);
export type OrdersMessage = z.infer<typeof ordersMessageSchema>;

export const paymentsMessageSchema = z.discriminatedUnion("type", [
  /** Create (and, unless the shopper pays in the browser, confirm) the PaymentIntent of this attempt. */
  z.object({ ...head, type: z.literal("payment.charge"), orderId, attempt: z.int().min(1).max(100) }),
  /** Find out what became of a charge whose answer never came. Sent by payments to itself with a delay. */
  z.object({
    ...head,
    type: z.literal("payment.resolve"),
    orderId,
    attempt: z.int().min(1).max(100),
    firstSentAt: time,
    lastSentAt: time,
    /** The key had been used with other parameters, by whoever: a charge under it need not be one that we would find. */
    keyConflict: z.boolean().optional(),
  }),
  /** Read the intent and tell its order what is true now. */
  z.object({
    ...head,
    type: z.literal("payment.lookup"),
    orderId,
    intent,
    waitingSince,
    /** The order asks again by itself: without an answer the question may be dropped. */
    recurs: z.boolean().optional(),
  }),
  z.object({ ...head, type: z.literal("payment.cancel"), orderId, intent, waitingSince }),
  z.object({
    ...head,
    type: z.literal("payment.refund"),
    orderId,
    intent,
    amount: units,
    reason: z.string().max(LIMITS.textChars),
    request: reference.optional(),
    /** Calls that ended without an answer, and when the last one was made: only then and after that long is another key safe. */
    tries: z.int().min(0).max(1_000).optional(),
    lastSentAt: time.optional(),
    waitingSince,
  }),
]);
export type PaymentsMessage = z.infer<typeof paymentsMessageSchema>;

const sku = z.string().max(LIMITS.skuChars);
const factLine = z.object({ sku, quantity: units, unitPrice: units });
/** The tracking id that the shopper's browser gave its cart, which joins what it viewed with what it bought. */
const visitorId = z.string().min(1).max(LIMITS.messageIdChars).optional();

/** Facts of the shop itself: the truth about money and stock, unlike what a browser says. */
export const eventsMessageSchema = z.discriminatedUnion("type", [
  z.object({
    ...head,
    type: z.literal("cart.abandoned"),
    cartId: z.string().max(64),
    visitorId,
    currency,
    value: units,
    at: time,
  }),
  /** Units were put into a cart; removals are not told. */
  z.object({
    ...head,
    type: z.literal("cart.added"),
    cartId: z.string().max(64),
    visitorId,
    sku,
    quantity: units,
    at: time,
  }),
  z.object({
    ...head,
    type: z.enum(["order.placed", "order.paid", "order.closed", "order.refunded", "order.fulfilled"]),
    orderId,
    cartId: z.string().max(64),
    visitorId,
    /** Of the order when this was told: of two facts the one with the higher version is newer. Facts of older senders have none. */
    version: z.int().min(1).optional(),
    status: z.enum(ORDER_STATES),
    currency,
    total: units,
    captured: units,
    refunded: units,
    lines: z.array(factLine).max(LIMITS.linesPerCart),
    /** When the order was placed: the same however often this is told. Facts of older senders have none. */
    placedAt: time.optional(),
    at: time,
  }),
  z.object({
    ...head,
    type: z.literal("stock.level"),
    sku,
    onHand: units,
    reserved: units,
    sold: units,
    /** Grows with every change of the SKU; a smaller one is older. */
    seq: z.int().min(0),
    at: time,
  }),
  /** An order of another system, reported under a secret write key. `key` is its id there, with the source's id before it; counted once for ever. */
  z.object({
    ...head,
    type: z.enum(["order.reported", "order.reported_refund"]),
    key: z.string().min(1).max(200),
    visitorId,
    currency,
    /** Of the order, or of the refund; a refund without an amount gives all of it back. */
    amount: units.optional(),
    lines: z.array(factLine).max(LIMITS.linesPerCart),
    at: time,
  }),
  /** Products that a metric met and whose name and category it does not know. Sent by `ProductMetrics` to whoever can look them up. */
  z.object({
    ...head,
    type: z.literal("products.wanted"),
    slice: z.string().max(64),
    skus: z.array(sku).min(1).max(500),
  }),
]);
export type EventsMessage = z.infer<typeof eventsMessageSchema>;

/** Queue names, and what travels in each. */
export interface QueueMessages {
  readonly orders: OrdersMessage;
  readonly payments: PaymentsMessage;
  /** Facts are JSON, batches of shopper events are columns. */
  readonly events: EventsMessage | EventBatch;
  readonly notifications: NotificationsMessage;
}
export type QueueName = keyof QueueMessages;
