import { type Answer, ask, reasonOf } from "../api/client.ts";
import type { Cart, Order, Problem, Shortage } from "../api/shapes.ts";
import type { CartSession } from "../basket/basket.ts";
import { type PriceChange, priceChanges } from "../basket/state.ts";
import { attemptFor } from "./attempt.ts";
import { attempts, dropAttempt, keepAttempt, settleAttempts } from "./attempts-kept.ts";

export type Placed = { readonly outcome: "placed"; readonly orderId: string } | NotPlaced;
export type NotPlaced =
  | { readonly outcome: "short"; readonly detail: string; readonly shortages: readonly Shortage[] }
  | { readonly outcome: "repriced"; readonly detail: string; readonly changes: readonly PriceChange[] }
  | { readonly outcome: "withdrawn"; readonly detail: string; readonly skus: readonly string[] }
  | { readonly outcome: "email"; readonly detail: string }
  | { readonly outcome: "changed"; readonly detail: string }
  /** It may have been placed. Asking again is safe, and finds out. */
  | { readonly outcome: "unknown"; readonly detail: string }
  | { readonly outcome: "refused"; readonly detail: string };

const CHANGED = "Your cart was changed in another window. Please have a look at it, and order again.";
const REPRICED = "Your cart shows today's prices now. Order again to accept them.";
const UNKNOWN = "It is not certain yet that your order arrived. Press the button again: it stays one order.";

/**
 * Orders what the shopper has seen and nothing else: the email and the checkout both carry the version of the cart on screen, and the checkout
 * the key of its attempt, which is kept until an answer is in.
 */
export async function placeOrder(session: CartSession, email: string, method: string): Promise<Placed> {
  const { cart } = await session.settled();
  if (!cart) return { outcome: "refused", detail: "There is nothing in the cart." };
  const identified = await setCustomer(session, cart, email);
  if (identified) return identified;
  const attempt = attemptFor(attempts(), { cartId: cart.id, method }, crypto.randomUUID());
  keepAttempt(attempt);
  const return_url = `${location.origin}/order?attempt=${attempt.key}`;
  const answer = await ask<Order>(`/v1/carts/${cart.id}/checkout`, {
    method: "POST",
    body: { payment: { payment_method: method, return_url } },
    key: attempt.key,
    ifMatch: session.basket.etag,
  });
  if (answer.ok) {
    keepAttempt({ ...attempt, orderId: answer.value.id });
    return { outcome: "placed", orderId: answer.value.id };
  }
  if (isUndecided(answer)) return { outcome: "unknown", detail: UNKNOWN };
  dropAttempt(attempt.key);
  return answer.reason === "problem"
    ? refusal(session, cart, answer.problem)
    : { outcome: "refused", detail: reasonOf(answer) };
}

type Refused = Extract<Answer<never>, { ok: false }>;

/** Nothing came back, or "not now": the order may exist, or may yet come to be. */
function isUndecided(answer: Refused): boolean {
  if (answer.reason !== "problem") return true;
  const { status, code } = answer.problem;
  return status >= 500 || status === 429 || code === "idempotency_in_flight";
}

async function setCustomer(session: CartSession, cart: Cart, email: string): Promise<Placed | undefined> {
  if (cart.customer?.email === email) return undefined;
  const answer = await ask<Cart>(`/v1/carts/${cart.id}/customer`, {
    method: "PUT",
    body: { ...cart.customer, email },
    ifMatch: session.basket.etag,
    key: crypto.randomUUID(),
  });
  if (answer.ok) {
    session.show(answer.value, answer.etag);
    return undefined;
  }
  if (answer.reason !== "problem") return { outcome: "refused", detail: reasonOf(answer) };
  const { problem } = answer;
  const ofEmail = problem.errors?.find(({ pointer }) => pointer === "/email");
  if (ofEmail) return { outcome: "email", detail: `This email address cannot be used: ${ofEmail.detail}` };
  return refusal(session, cart, problem);
}

async function refusal(session: CartSession, seen: Cart, problem: Problem): Promise<Placed> {
  const { code, detail } = problem;
  // The other window was faster, or the answer to the last try was lost: there is an order, and it is shown.
  if (problem.order_id !== undefined) {
    settleAttempts(seen.id, problem.order_id);
    return { outcome: "placed", orderId: problem.order_id };
  }
  await session.refresh();
  switch (code) {
    case "out_of_stock":
      return { outcome: "short", detail, shortages: problem.shortages ?? [] };
    case "price_changed":
      return { outcome: "repriced", detail: REPRICED, changes: problem.cart ? priceChanges(seen, problem.cart) : [] };
    case "product_archived":
      return { outcome: "withdrawn", detail, skus: problem.skus ?? [] };
    case "stale_version":
      return { outcome: "changed", detail: CHANGED };
    default:
      return { outcome: "refused", detail };
  }
}
