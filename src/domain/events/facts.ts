import type { EventsMessage } from "../messages.ts";
import { unreachable } from "../result.ts";
import type { CartFact } from "./fold.ts";
import { hash64 } from "./hash.ts";
import { type MoneyFact, startOf } from "./order-money.ts";
import { type Routing, shardIndex, timeOfId } from "./routing.ts";

/** Facts with what they mean to a shard: the money of an order lives in one shard, the funnel of its shopper in another. */
export type ShardFact =
  | { readonly role: "money"; readonly fact: MoneyFact }
  | { readonly role: "funnel"; readonly fact: MoneyFact }
  | { readonly role: "cart"; readonly fact: CartFact };

export interface RoutedFact {
  /** 0-based. */
  readonly shard: number;
  readonly told: ShardFact;
}

/** Which shards a fact of an order or a cart goes to. The same for every repeat: each decides by what never changes. */
export function routeFact(fact: MoneyFact | CartFact, routing: Routing): RoutedFact[] {
  const shardOf = (key: string, stamp: number): number => shardIndex(routing, hash64(key).low, stamp);
  switch (fact.type) {
    case "cart.added":
    case "cart.abandoned": {
      const { visitorId, cartId, at } = fact;
      const shard = visitorId === undefined ? shardOf(cartId, 0) : shardOf(visitorId, at);
      return [{ shard, told: { role: "cart", fact } }];
    }
    case "order.reported":
    case "order.reported_refund":
    case "order.placed":
    case "order.paid":
    case "order.closed":
    case "order.refunded":
    case "order.fulfilled": {
      // An order's id says when it was made, unless it follows from a key; the key of another system's order says nothing. Those stay in the first epoch,
      // whatever else a fact says: a row of money that is looked for in two places is counted twice.
      const [key, stamp] = "orderId" in fact ? [fact.orderId, timeOfId(fact.orderId)] : [fact.key, 0];
      const money: RoutedFact = { shard: shardOf(key, stamp), told: { role: "money", fact } };
      const isStep = fact.type === "order.placed" || fact.type === "order.paid" || fact.type === "order.reported";
      if (!isStep || fact.visitorId === undefined) return [money];
      const visitorShard = shardOf(fact.visitorId, startOf(fact));
      return [money, { shard: visitorShard, told: { role: "funnel", fact } }];
    }
    default:
      return unreachable(fact);
  }
}

export type ShardBound = MoneyFact | CartFact;
export const isShardBound = (fact: EventsMessage): fact is ShardBound =>
  fact.type !== "stock.level" && fact.type !== "products.wanted";
