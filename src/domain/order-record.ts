import type { Customer } from "./cart.ts";
import { orderNumber } from "./ids.ts";
import type { Totals } from "./money.ts";

export const ORDER_STATES = [
  "placing",
  "awaiting_payment",
  "requires_action",
  "paid",
  "partially_fulfilled",
  "fulfilled",
  "rejected",
  "payment_failed",
  "expired",
  "canceled",
  "partially_refunded",
  "refunded",
] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** Where the money is. `queued`: no call to the PSP has come back yet; `unknown`: one ended without an answer. */
export type PaymentStatus =
  | "queued"
  | "unknown"
  | "requires_payment_method"
  | "requires_action"
  | "processing"
  | "succeeded"
  | "failed"
  | "canceled";

/** `client`: the shopper pays in the browser with the PaymentIntent's client secret; otherwise we confirm. */
export type PaymentMethod =
  | { readonly kind: "client" }
  | { readonly kind: "payment_method"; readonly id: string; readonly returnUrl?: string | undefined }
  | { readonly kind: "confirmation_token"; readonly id: string; readonly returnUrl?: string | undefined };

export interface PaymentError {
  readonly code: string;
  readonly declineCode?: string | undefined;
  readonly message: string;
}

/** Amounts in minor units of the order's currency. */
export interface Payment {
  readonly method: PaymentMethod;
  readonly status: PaymentStatus;
  /** Attempts are numbered from 1; together with the order id they make the idempotency key. */
  readonly attempt: number;
  readonly intent?: string | undefined;
  readonly clientSecret?: string | undefined;
  /** The PSP's own description of what the shopper has to do, as JSON text: it is passed on untouched. */
  readonly nextAction?: string | undefined;
  readonly error?: PaymentError | undefined;
  readonly captured: number;
  readonly refunded: number;
  /** When the PSP last told us something (UTC ms): an older, non-final fact changes nothing. */
  readonly factAt: number;
  /** Refunds that were asked for, oldest first. What is pending is spoken for: it cannot be refunded a second time. */
  readonly requests?: readonly RefundRequest[] | undefined;
  /** Why a person has to look at it, e.g. a capture whose amount is not the order's. */
  readonly review?: string | undefined;
}

/** A refund that a person asked for. `id` is ours; the PSP's own reference stands in the ledger once the money is on its way. */
export interface RefundRequest {
  readonly id: string;
  readonly amount: number;
  readonly reason: string;
  readonly status: "pending" | "succeeded" | "failed";
}

export interface Dispute {
  readonly id: string;
  readonly status: string;
  readonly amount: number;
  readonly reason: string;
  /** When the PSP said so (UTC ms). Orders that were stored before it was kept lack it. */
  readonly at?: number | undefined;
}

export interface OrderLine {
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly unitPrice: number;
  /** Units that have been handed to the carrier. */
  readonly fulfilled?: number | undefined;
}

export interface Units {
  readonly sku: string;
  readonly quantity: number;
}

export interface Shortage {
  readonly sku: string;
  readonly requested: number;
  readonly available: number;
}

/** Reservations of all lines together: they are taken, claimed and given back as one. */
export type StockPhase = "reserving" | "reserved" | "claiming" | "claimed" | "released";

export interface Order {
  readonly id: string;
  readonly number: string;
  readonly cartId: string;
  readonly state: OrderState;
  readonly version: number;
  readonly currency: string;
  readonly lines: readonly OrderLine[];
  readonly totals: Totals;
  readonly customer?: Customer | undefined;
  readonly payment: Payment;
  readonly stock: StockPhase;
  readonly shortages?: readonly Shortage[] | undefined;
  readonly disputes?: readonly Dispute[] | undefined;
  readonly requestId?: string | undefined;
  readonly visitorId?: string | undefined;
  readonly placedAt: number;
  readonly updatedAt: number;
}

/** What a cart hands over when it is checked out. */
export interface OrderSnapshot {
  readonly orderId: string;
  readonly cartId: string;
  readonly currency: string;
  readonly lines: readonly OrderLine[];
  readonly totals: Totals;
  readonly customer?: Customer | undefined;
  readonly method: PaymentMethod;
  readonly requestId?: string | undefined;
  /** The tracking id of the shopper's browser, when the cart has one. */
  readonly visitorId?: string | undefined;
}

/**
 * One movement of money, keyed by the PSP's own reference, so that the same movement cannot be entered twice. A refund that failed moved nothing and stays
 * as 0, also when it had succeeded and its bank sent the money back days later; one that the PSP never made goes by the id of the message that asked for it.
 */
export interface LedgerEntry {
  readonly ref: string;
  readonly kind: "capture" | "refund";
  readonly intent: string;
  readonly amount: number;
  readonly currency: string;
}

export type PaymentFact =
  | { readonly type: "intent_created"; readonly intent: string; readonly clientSecret: string }
  | {
      readonly type: "action_required";
      readonly intent: string;
      readonly clientSecret: string;
      readonly nextAction: string;
    }
  | { readonly type: "processing"; readonly intent: string }
  | { readonly type: "unknown" }
  | { readonly type: "captured"; readonly intent: string; readonly amount: number; readonly currency: string }
  | { readonly type: "declined"; readonly intent?: string | undefined; readonly error: PaymentError }
  | { readonly type: "failed"; readonly retryable: boolean; readonly error: PaymentError }
  | { readonly type: "intent_canceled"; readonly intent: string }
  | {
      readonly type: "refunded";
      readonly intent: string;
      readonly refund: string;
      readonly amount: number;
      readonly currency: string;
      /** The request it fulfils; refunds made in the PSP's dashboard have none. */
      readonly request?: string | undefined;
    }
  | {
      readonly type: "refund_failed";
      readonly intent: string;
      readonly refund: string;
      readonly request?: string | undefined;
    }
  | { readonly type: "disputed"; readonly intent: string; readonly dispute: Omit<Dispute, "at"> };

/** Payment facts carry the attempt that caused them (0 when the PSP's event does not say) and the PSP's time in UTC ms. */
export type StampedPaymentFact = PaymentFact & { readonly attempt: number; readonly at: number };

export type OrderEvent =
  | StampedPaymentFact
  | { readonly type: "reserved" }
  | { readonly type: "short"; readonly shortages: readonly Shortage[] }
  | { readonly type: "cancel_requested"; readonly by: "shopper" | "shop" }
  | { readonly type: "refund_requested"; readonly request: string; readonly amount: number; readonly reason: string }
  | { readonly type: "fulfilled"; readonly units: readonly Units[] }
  | { readonly type: "expiry_due" }
  | { readonly type: "claimed" }
  | { readonly type: "claim_short"; readonly sku: string };

export function placeOrder(snapshot: OrderSnapshot, now: number): Order {
  const { orderId, method, ...rest } = snapshot;
  return {
    ...rest,
    id: orderId,
    number: orderNumber(orderId, now),
    state: "placing",
    version: 1,
    payment: { method, status: "queued", attempt: 1, captured: 0, refunded: 0, factAt: 0 },
    stock: "reserving",
    placedAt: now,
    updatedAt: now,
  };
}
