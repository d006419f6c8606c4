import { log } from "../../platform/log.ts";
import { callObject } from "../../platform/object-call.ts";
import type { C } from "../context.ts";
import { importCart } from "../legacy.ts";
import { legacyCall } from "./proxy.ts";

/** Who has the cart from now on. */
export type Owner =
  /** `isNew`: handed over by this request, so what the monolith has is what is here. Later it may have been changed there. */
  | { readonly at: "legacy"; readonly id: string; readonly isNew: boolean }
  /** A checkout has begun here, so it ends here; or there is no such cart. */
  | { readonly at: "edge" };

/**
 * Hands one of our carts to the monolith: closed here, given away under a key, its new name noted. Whatever is cut off in between is done again by the next
 * request, with the same result. Throws when either side cannot be reached: then nobody can say what is in the cart.
 */
export async function handOver(c: C, cartId: string): Promise<Owner> {
  const cart = () => c.env.CART.getByName(cartId);
  const begun = await callObject(() => cart().beginHandOver());
  if (!begun.ok) return { at: "edge" };
  const known = begun.value.handOver?.to;
  if (known !== undefined) return { at: "legacy", id: known, isNew: false };
  const imported = await importCart(legacyCall(c.env), begun.value);
  const id = await callObject(() => cart().finishHandOver(imported));
  log("info", "cart_handed_over", { cartId, legacyCartId: id, requestId: c.get("requestId") });
  return { at: "legacy", id, isNew: true };
}
