import type { ChangeReply, CheckoutReply } from "../../durable-objects/cart/commands.ts";
import type { CancelReply } from "../../durable-objects/order/commands.ts";
import { unreachable } from "../domain/result.ts";
import { tooManyKeysProblem } from "../platform/idempotency.ts";
import type { C } from "./context.ts";
import { extraOf, problem } from "./problem.ts";
import { renderCart } from "./render.ts";

type Refused<Reply> = Extract<Reply, { readonly ok: false }>;
export type StorefrontRefusal = Refused<ChangeReply> | Refused<CheckoutReply> | Refused<CancelReply>;

const RETRY_SOON = { "retry-after": "1" };
const STILL_PLACING = "The order is still being placed. Send the same request with the same Idempotency-Key again.";
const PRICES_CHANGED =
  "The cart now shows today's prices; to accept them check out again under a new Idempotency-Key. This one answers the same again.";

/** The one map from what an object refused to what the shopper is told. A reason without an answer does not compile. */
export function refusalProblem(c: C, refusal: StorefrontRefusal): Response {
  switch (refusal.reason) {
    case "unknown_cart":
      return problem(c, "unknown_cart", "There is no cart with this id.");
    case "unknown_order":
      return problem(c, "unknown_order", "There is no order with this id.");
    case "cart_moved":
      return problem(c, "cart_moved", "The cart is kept by another system now.", { moved_to: refusal.to ?? null });
    case "stale_epoch":
      return problem(c, "stale_epoch", "This way of writing has been closed meanwhile.", {}, RETRY_SOON);
    case "unknown_line":
      return problem(c, "unknown_line", `The cart has no line for ${refusal.sku}.`, { sku: refusal.sku });
    case "cart_ordered":
      return problem(c, "cart_ordered", `The cart became order ${refusal.orderId}.`, { order_id: refusal.orderId });
    case "cart_in_checkout":
      return problem(
        c,
        "cart_in_checkout",
        "A checkout of this cart is under way.",
        { order_id: refusal.orderId },
        RETRY_SOON,
      );
    case "stale_version":
      return problem(c, "stale_version", `The cart is at version ${refusal.version}.`, { version: refusal.version });
    case "line_limit":
      return problem(c, "line_limit", `A cart has at most ${refusal.limit} lines.`, {
        limit: refusal.limit,
        errors: [{ pointer: "/sku", detail: `would be line ${refusal.limit + 1}` }],
      });
    case "quantity_limit":
      return problem(c, "quantity_limit", `At most ${refusal.limit} of ${refusal.sku} fit in a cart.`, {
        limit: refusal.limit,
        errors: [{ pointer: "/quantity", detail: `would make ${refusal.wanted}, at most ${refusal.limit}` }],
      });
    case "currency_mismatch":
      return problem(c, "currency_mismatch", `The cart is in ${refusal.currency}.`, { currency: refusal.currency });
    case "idempotency_conflict":
      return problem(c, "idempotency_conflict", "This Idempotency-Key was used with another request; use a new one.");
    case "idempotency_full":
      return tooManyKeysProblem(refusal, "cart or order", extraOf(c));
    case "empty_cart":
      return problem(c, "empty_cart", "There is nothing in the cart to check out.");
    case "unavailable":
      return problem(c, "product_archived", `No longer sold: ${refusal.skus.join(", ")}.`, { skus: refusal.skus });
    case "price_changed":
      return problem(c, "price_changed", PRICES_CHANGED, { cart: renderCart(refusal.cart, c.env) });
    case "not_chargeable":
      return problem(c, "not_chargeable", `${refusal.detail}.`, { total: refusal.total });
    case "quotes_outdated":
      return problem(c, "cart_changed", "The cart kept changing while it was priced; try again.", {}, RETRY_SOON);
    case "out_of_stock":
      return problem(c, "out_of_stock", "Not enough of some items; the cart is open again.", {
        shortages: refusal.shortages,
      });
    case "checkout_pending":
      return problem(c, "dependency_unavailable", STILL_PLACING, { order_id: refusal.orderId }, RETRY_SOON);
    case "not_cancelable":
      return problem(c, "not_cancelable", `The order is ${refusal.state}.`, { order_status: refusal.state });
    default:
      return unreachable(refusal);
  }
}
