import * as z from "zod";
import type { Cart } from "../domain/cart.ts";
import type { PathFlag } from "../domain/guard/definitions.ts";
import { isCartId, isOrderId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";

/**
 * The one file that a shop edits to match its monolith: whose ids are whose, how a cart is handed over, and what of two answers has to agree. As it is, it
 * fits a monolith that serves the same public paths and shapes, and has `POST /_breakwater/carts` (dev/legacy has it). The monolith should only be
 * reachable through the storefront, which lets nobody else call that path.
 */

/** A cart or order stays on the path that made it, and its id says which. Everything that is not of our form is the monolith's. */
export const isEdgeCart = (id: string): boolean => isCartId(id);
export const isEdgeOrder = (id: string): boolean => isOrderId(id);

const visitorSchema = z.object({ visitor_id: z.string().min(1).max(LIMITS.nameChars) });

/** Who a new cart is for, from the body of the request that makes it: one shopper's carts are made on one side. */
export function visitorIn(body: Uint8Array | undefined): string | undefined {
  try {
    return visitorSchema.safeParse(JSON.parse(new TextDecoder().decode(body))).data?.visitor_id;
  } catch {
    return undefined;
  }
}

/** Sends a request to the monolith, within its time limit. */
export type LegacyCall = (path: string, init: RequestInit) => Promise<Response>;

const importedSchema = z.object({ id: z.string().min(1).max(200) });

/**
 * Gives the monolith a cart and answers its id there. May be called again for the same cart, after a crash for one: the key says that it is the same, and
 * the monolith answers the id that it gave it then. Prices are not handed over: each side has its own catalog, and bills from that.
 */
export async function importCart(call: LegacyCall, cart: Cart): Promise<string> {
  const { id, currency, customer, lines } = cart;
  const response = await call("/_breakwater/carts", {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": `hand-over:${id}` },
    body: JSON.stringify({
      edge_id: id,
      currency,
      customer,
      lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    }),
  });
  if (!response.ok) throw new Error(`the monolith did not take ${id}: it answered ${response.status}`);
  return importedSchema.parse(await response.json()).id;
}

/** The monolith's path for a request that names our cart. */
export const legacyPath = (path: string, edgeId: string, legacyId: string): string =>
  path.replace(`/${edgeId}`, `/${encodeURIComponent(legacyId)}`);

/**
 * The payment provider's idempotency key of this checkout's charge, told to the monolith when it does in our place what we certainly did not do. It charges
 * under the same key as we would have, so that two charges are impossible even if "certainly" should turn out to be wrong.
 */
export const PAYMENT_KEY_HEADER = "x-breakwater-payment-key";
export const paymentKey = (orderId: string): string => `${orderId}:charge:1`;

const money = z.object({ amount: z.int() });
const line = z.object({ sku: z.string(), quantity: z.int(), unit_price: money });
const cartAnswer = z.object({ id: z.string(), lines: z.array(line), totals: z.object({ subtotal: money }) });
const orderAnswer = z.object({ lines: z.array(line), totals: z.object({ total: money }) });

/** The id of the cart in a cart's answer. */
export const cartIdIn = (answer: unknown): string | undefined => cartAnswer.safeParse(answer).data?.id;

/** What of an answer must be the same on both paths, as text; `undefined` when it is not an answer of that kind. */
export function comparable(flag: PathFlag, answer: unknown): string | undefined {
  switch (flag) {
    case "cart.write": {
      const cart = cartAnswer.safeParse(answer).data;
      return cart && JSON.stringify([linesOf(cart.lines), cart.totals.subtotal.amount]);
    }
    case "checkout.write": {
      const order = orderAnswer.safeParse(answer).data;
      return order && JSON.stringify([linesOf(order.lines), order.totals.total.amount]);
    }
    case "payment.webhook":
      return undefined;
  }
}

const linesOf = (lines: readonly z.infer<typeof line>[]): string[] =>
  lines.map(({ sku, quantity, unit_price }) => `${sku} ${quantity} ${unit_price.amount}`).toSorted();
