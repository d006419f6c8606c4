import { createCart } from "../runtime/carts.ts";
import type { Benchmark } from "./list.ts";
import { newObjectWrite } from "./sides.ts";

export const cartCreate: Benchmark = {
  name: "cart-create",
  title: "POST /v1/carts",
  contest: ({ shop, yardstick }) => ({
    yardstick: newObjectWrite(yardstick),
    subject: {
      label: "the shop: create a cart",
      origin: shop.origin,
      status: 201,
      prepare: async () => {},
      next: () => createCart,
      // Each is an open database while it is awake; see the yardstick's own `forget`.
      settle: () => shop.runtime.abortObjects(),
    },
    others: [],
  }),
};
