import { addLine, readCart, skusOf } from "../runtime/carts.ts";
import type { Benchmark } from "./list.ts";
import { inTurns, touch, warmObjectWrite } from "./sides.ts";

/** SKUs that are in the cart already, so that carts keep their size however long the run. */
export const addLineBenchmark: Benchmark = {
  name: "add-line",
  title: "POST /v1/carts/{id}/lines",
  contest: ({ shop, yardstick, carts }) => {
    const reads = carts.map(readCart);
    const lines = [0, 1].flatMap((line) => carts.map((id, cart) => addLine(id, skusOf(shop, cart)[line] ?? "")));
    return {
      yardstick: warmObjectWrite(yardstick),
      subject: {
        label: "the shop: add a line to one of 400 carts",
        origin: shop.origin,
        status: 200,
        prepare: () => touch(shop.origin, reads),
        next: inTurns(lines),
      },
      others: [],
    };
  },
};
