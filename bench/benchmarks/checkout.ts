import { randomUUID } from "node:crypto";
import type { Side } from "../contest.ts";
import type { Call } from "../load.ts";
import { fillCarts, JSON_BODY } from "../runtime/carts.ts";
import type { Shop } from "../runtime/shop.ts";
import type { Benchmark } from "./list.ts";
import { newObjectWrite, warmObjectWrite } from "./sides.ts";

const BODY = JSON.stringify({ payment: { payment_method: "pm_card_visa" } });

export const checkoutOf = (cartId: string): Call => ({
  method: "POST",
  path: `/v1/carts/${cartId}/checkout`,
  headers: { ...JSON_BODY, "idempotency-key": randomUUID() },
  body: BODY,
});

export const checkout: Benchmark = {
  name: "checkout",
  title: "POST /v1/carts/{id}/checkout, accepted; the orders are charged meanwhile",
  contest: ({ shop, yardstick }) => ({
    yardstick: warmObjectWrite(yardstick),
    subject: checkouts(shop),
    others: [newObjectWrite(yardstick)],
  }),
};

/** Every cart is bought once, so each round needs carts of its own; and each round ends when all of its orders are paid. */
function checkouts(shop: Shop): Side {
  let open: string[] = [];
  let accepted = 0;
  return {
    label: "the shop: check out a cart of two lines",
    origin: shop.origin,
    status: 201,
    prepare: async (calls) => {
      open = await fillCarts(shop, calls);
    },
    next: () => {
      const cart = open.pop();
      return cart === undefined ? undefined : checkoutOf(cart);
    },
    onAnswer: () => {
      accepted += 1;
    },
    settle: () => shop.settle(accepted),
  };
}
