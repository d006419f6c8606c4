import type { Side } from "../contest.ts";
import type { Call } from "../load.ts";
import { addLine, cartIdOf, checkoutOf, createCart, skusOf } from "../runtime/carts.ts";
import type { Hops } from "../runtime/hops.ts";
import type { Shop } from "../runtime/shop.ts";
import type { Benchmark } from "./list.ts";
import { bareObjects, NEW_OBJECTS, withinFiles } from "./sides.ts";

/** The read model gathers changes for up to a second, so the end of every round is a wait; a long round makes little of it. */
const STRETCH = 4;

/** From no cart to an order that is paid, counted and in the read model. */
export const purchase: Benchmark = {
  name: "purchase",
  title: "create a cart, add two lines, check out; until all are paid, counted and in the read model",
  stretch: STRETCH,
  contest: ({ shop, yardstick, hops }) => ({
    yardstick: bareObjects(yardstick, "calls", shop.skus),
    subject: purchases(shop),
    others: [bareObjects(yardstick, "commits", shop.skus), hopByHop(hops, shop)],
  }),
};

/** The same shopper in a shop that has no logic. */
function hopByHop(hops: Hops, { skus }: Shop): Side {
  const { settle, ...side } = purchases({ ...hops, skus }, "the same hops without logic");
  const settled = async (): Promise<number | void> => {
    const settledAt = await settle?.();
    await hops.forget();
    return settledAt;
  };
  return withinFiles({ ...side, settle: settled }, NEW_OBJECTS);
}

/** Where a shopper buys, and where it can be asked whether all is done. */
type Till = Pick<Shop, "origin" | "skus" | "orders">;

export function purchases(shop: Till, label = "the shop: one purchase, four requests of a shopper's"): Side {
  let begun = 0;
  const orders = shop.orders();
  return {
    label,
    origin: shop.origin,
    status: 200,
    unit: { name: "purchases", perCall: 1 },
    prepare: () => orders.begin(),
    next: () => purchaseOf(skusOf(shop, begun++)),
    onAnswer: () => orders.accepted(),
    settle: () => orders.settle(),
    settleCounts: true,
  };
}

/** A shopper who knows what to buy: each request is sent when the one before was answered. */
function purchaseOf(skus: readonly string[]): Call {
  const fill = (id: string, left: readonly string[]): Call => {
    const [sku, ...rest] = left;
    if (sku === undefined) return { ...checkoutOf(id), status: 201 };
    return { ...addLine(id, sku), follow: () => fill(id, rest) };
  };
  return { ...createCart, status: 201, follow: (text) => fill(cartIdOf(text), skus) };
}
