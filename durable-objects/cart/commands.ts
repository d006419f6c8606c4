import type { Cart, CartChange, CartRefusal, CheckoutRefusal, HandOverRefusal, Quote } from "../../src/domain/cart.ts";
import type { Fence } from "../../src/domain/guard/lease.ts";
import type { Totals } from "../../src/domain/money.ts";
import type { Order, PaymentMethod, Shortage } from "../../src/domain/order-record.ts";
import type { Result } from "../../src/domain/result.ts";
import type { CommandKey, InboxRefusal } from "../inbox.ts";

/** Refusals of the object itself, beside those of the domain. */
export type CommandRefusal =
  | { readonly reason: "unknown_cart" }
  /** Decided under an epoch that is over: nothing was done, and the caller takes the safe path. */
  | { readonly reason: "stale_epoch" }
  | InboxRefusal;

export interface CreateCommand {
  readonly id: string;
  readonly currency: string;
  readonly visitorId?: string | undefined;
  readonly command?: CommandKey | undefined;
  readonly fence?: Fence | undefined;
  readonly dry?: boolean | undefined;
}

export interface ChangeCommand {
  readonly change: CartChange;
  readonly command?: CommandKey | undefined;
  readonly expectedVersion?: number | undefined;
  readonly fence?: Fence | undefined;
  /** Of a mirrored request: meant for a copy, and for nothing else. */
  readonly dry?: boolean | undefined;
}
export type ChangeReply = Result<Cart, CartRefusal | CommandRefusal>;

export interface CheckoutCommand {
  readonly command: CommandKey;
  readonly orderId: string;
  readonly quotes: readonly Quote[];
  readonly pricedVersion: number;
  readonly totals: Totals;
  readonly method: PaymentMethod;
  readonly expectedVersion?: number | undefined;
  readonly requestId?: string | undefined;
  readonly fence?: Fence | undefined;
}
export type CheckoutReply = Result<
  Order,
  | CheckoutRefusal
  | CommandRefusal
  | { readonly reason: "out_of_stock"; readonly shortages: readonly Shortage[] }
  /** The order is being placed but its answer is not known yet: ask again with the same key. */
  | { readonly reason: "checkout_pending"; readonly orderId: string }
>;

export type HandOverReply = Result<Cart, { readonly reason: "unknown_cart" } | HandOverRefusal>;
