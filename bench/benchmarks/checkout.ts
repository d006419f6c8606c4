import type { Side } from "../contest.ts";
import { checkoutOf, fillCarts } from "../runtime/carts.ts";
import { allSkus, deliver, type Shop } from "../runtime/shop.ts";
import type { Benchmark } from "./list.ts";
import { hotObjectWrite, newObjectWrite, warmObjectWrite } from "./sides.ts";

export const checkout: Benchmark = {
  name: "checkout",
  title: "POST /v1/carts/{id}/checkout, accepted; the orders are charged meanwhile",
  contest: ({ shop, yardstick }) => ({
    yardstick: warmObjectWrite(yardstick),
    subject: checkouts(shop, { label: "the shop: check out a cart of two lines" }),
    others: [newObjectWrite(yardstick)],
  }),
};

/** A flash sale: whoever checks out holds the same object up. */
export const flashSale: Benchmark = {
  name: "flash-sale",
  group: "hot-sku",
  title: "POST /v1/carts/{id}/checkout, everybody the same SKU, accepted; the orders are charged meanwhile",
  contest: ({ shop, yardstick }) => {
    const sku = allSkus().at(-2) ?? "";
    return {
      yardstick: newObjectWrite(yardstick),
      subject: checkouts(shop, { label: "the shop: check out a cart of the one SKU", sku }),
      others: [hotObjectWrite(yardstick)],
    };
  },
};

/** Every cart is bought once, so each round needs carts of its own; and each round ends when all of its orders are paid. */
function checkouts(shop: Shop, { label, sku }: { label: string; sku?: string }): Side {
  let open: string[] = [];
  const orders = shop.orders();
  return {
    label,
    origin: shop.origin,
    status: 201,
    prepare: async (calls) => {
      if (sku !== undefined) await deliver(shop.admin, sku);
      open = await fillCarts(shop, calls, sku === undefined ? undefined : () => [sku]);
      await orders.begin();
    },
    next: () => {
      const cart = open.pop();
      return cart === undefined ? undefined : checkoutOf(cart);
    },
    onAnswer: () => orders.accepted(),
    settle: () => orders.settle(),
  };
}
