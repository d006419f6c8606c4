import type { Cart, CartChange, CartRefusal, CheckoutRefusal, Quote } from "../../src/domain/cart.ts";
import type { Totals } from "../../src/domain/money.ts";
import type { Order, PaymentMethod, Shortage } from "../../src/domain/order-record.ts";
import { refuse, type Result } from "../../src/domain/result.ts";
import type { CommandKey, Inbox, Seen } from "../inbox.ts";

/** Refusals of the object itself, beside those of the domain. */
export type CommandRefusal =
  | { readonly reason: "unknown_cart" }
  | { readonly reason: "idempotency_conflict" }
  | { readonly reason: "idempotency_full"; readonly limit: number };

export interface CreateCommand {
  readonly id: string;
  readonly currency: string;
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

/** Whether the reply is that of an earlier command under the same key. */
export type Replayable<Reply> = Reply & { readonly replayed: boolean };

export const fresh = <Reply extends object>(reply: Reply): Replayable<Reply> => ({ ...reply, replayed: false });
export const replayed = <Reply extends object>(reply: Reply): Replayable<Reply> => ({ ...reply, replayed: true });

/** The answer that the inbox already settles, or `undefined` when the command has to be carried out. */
export function answerFromInbox<Reply extends object>(
  inbox: Inbox<Reply>,
  command: CommandKey | undefined,
): Replayable<Reply | ({ ok: false } & CommandRefusal)> | undefined {
  const seen: Seen<Reply> = command ? inbox.find(command) : { kind: "new" };
  switch (seen.kind) {
    case "new":
      return undefined;
    case "replay":
      return replayed(seen.reply);
    case "conflict":
      return fresh(refuse({ reason: "idempotency_conflict" }));
    case "full":
      return fresh(refuse({ reason: "idempotency_full", limit: seen.limit }));
  }
}
