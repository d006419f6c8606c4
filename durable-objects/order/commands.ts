import type { Order, OrderState, PaymentMethod, Units } from "../../src/domain/order-record.ts";
import type { Result } from "../../src/domain/result.ts";
import type { CommandKey, InboxRefusal } from "../inbox.ts";

/** What payments needs for one charge, or that there is nothing to charge (any more). Amount in minor units. */
export type Chargeable =
  | { readonly charge: false }
  | {
      readonly charge: true;
      readonly amount: number;
      readonly currency: string;
      readonly number: string;
      readonly cartId: string;
      readonly method: PaymentMethod;
      readonly email?: string | undefined;
    };

/** For a version after this one, by default after the one there is. */
export interface Wait {
  readonly waitMs: number;
  readonly seenVersion?: number | undefined;
}

export interface Followed {
  readonly order: Order;
  /** Whether something was still to happen without the shopper when it was asked for, so that it was worth waiting. */
  readonly wasPending: boolean;
}

export type FactReply = Result<
  { readonly applied: boolean; readonly state: OrderState; readonly version: number },
  { readonly reason: "unknown_order" } | { readonly reason: "too_early" }
>;

export interface RefundCommand {
  readonly command: CommandKey;
  /** Minor units; left out, everything that can still be given back. */
  readonly amount?: number | undefined;
  readonly reason: string;
}

export interface FulfilCommand {
  readonly command?: CommandKey | undefined;
  /** Left out, everything that has not been sent yet. */
  readonly units?: readonly Units[] | undefined;
}

export interface CancelCommand {
  readonly command?: CommandKey | undefined;
  readonly by: "shopper" | "shop";
}

export type PlaceReply = Result<Order, { readonly reason: "stale_epoch" }>;

export type CommandRefusal = { readonly reason: "unknown_order" } | InboxRefusal;
export type CancelReply = Result<
  Order,
  CommandRefusal | { readonly reason: "not_cancelable"; readonly state: OrderState }
>;
export type RefundReply = Result<
  Order,
  CommandRefusal | { readonly reason: "exceeds_refundable"; readonly refundable: number; readonly state: OrderState }
>;
export type FulfilReply = Result<
  Order,
  | CommandRefusal
  | { readonly reason: "exceeds_unsent"; readonly sku: string; readonly left: number }
  | { readonly reason: "not_fulfillable"; readonly state: OrderState }
>;

/** Whether this attempt is still wanted, and what it is to charge. */
export function chargeableIn(order: Order, attempt: number): Chargeable {
  const { payment, currency, number, cartId, totals, customer } = order;
  const waits = payment.status === "queued" || payment.status === "unknown";
  if (order.state !== "awaiting_payment" || payment.attempt !== attempt || !waits) return { charge: false };
  return {
    charge: true,
    amount: totals.total,
    currency,
    number,
    cartId,
    method: payment.method,
    email: customer?.email,
  };
}
