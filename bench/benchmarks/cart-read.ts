import { readCart } from "../runtime/carts.ts";
import type { Benchmark } from "./list.ts";
import { bareRoute, inTurns, touch } from "./sides.ts";

export const cartRead: Benchmark = {
  name: "cart-read",
  title: "GET /v1/carts/{id}",
  contest: ({ shop, yardstick, carts }) => {
    const calls = carts.map(readCart);
    return {
      yardstick: bareRoute(yardstick),
      subject: {
        label: "the shop: read a cart of two lines",
        origin: shop.origin,
        status: 200,
        prepare: () => touch(shop.origin, calls),
        next: inTurns(calls),
      },
      others: [],
    };
  },
};
