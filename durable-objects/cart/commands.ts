import type { Cart, CartChange, CartRefusal, CheckoutRefusal, Quote } from "../../src/domain/cart.ts";
import type { Totals } from "../../src/domain/money.ts";
import type { Order, PaymentMethod, Shortage } from "../../src/domain/order-record.ts";
import type { Result } from "../../src/domain/result.ts";
import type { CommandKey, InboxRefusal } from "../inbox.ts";

/** Refusals of the object itself, beside those of the domain. */
export type CommandRefusal = { readonly reason: "unknown_cart" } | InboxRefusal;

export interface CreateCommand {
  readonly id: string;
  readonly currency: string;
  readonly visitorId?: string | undefined;
  readonly command?: CommandKey | undefined;
}

export interface ChangeCommand {
  readonly change: CartChange;
  readonly command?: CommandKey | undefined;
  readonly expectedVersion?: number | undefined;
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
}
export type CheckoutReply = Result<
  Order,
  | CheckoutRefusal
  | CommandRefusal
  | { readonly reason: "out_of_stock"; readonly shortages: readonly Shortage[] }
  /** The order is being placed but its answer is not known yet: ask again with the same key. */
  | { readonly reason: "checkout_pending"; readonly orderId: string }
>;
