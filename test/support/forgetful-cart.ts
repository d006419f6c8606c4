import { Cart as RealCart } from "../../durable-objects/cart/cart.ts";

/** A cart that checks out and whose answer is then lost. The system test puts it in the place of the real one. */
export class Cart extends RealCart {
  override async checkout(input: Parameters<RealCart["checkout"]>[0]): ReturnType<RealCart["checkout"]> {
    await super.checkout(input);
    throw new Error("the answer was lost on its way");
  }
}
