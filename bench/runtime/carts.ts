import { randomUUID } from "node:crypto";
import * as z from "zod";
import { type Call, sendAll } from "../load.ts";
import type { Shop } from "./shop.ts";

const cartSchema = z.object({ id: z.string() }).loose();
/** What a story's shopper buys. */
const LINES = 2;

export const JSON_BODY = { "content-type": "application/json" };

export const createCart: Call = { method: "POST", path: "/v1/carts", headers: JSON_BODY, body: "{}" };

/** The id of the cart that was answered. */
export const cartIdOf = (text: string): string => cartSchema.parse(JSON.parse(text)).id;

export const addLine = (cartId: string, sku: string): Call => ({
  method: "POST",
  path: `/v1/carts/${cartId}/lines`,
  headers: JSON_BODY,
  body: JSON.stringify({ sku, quantity: 1 }),
});

export const readCart = (cartId: string): Call => ({ method: "GET", path: `/v1/carts/${cartId}` });

const PAYMENT = JSON.stringify({ payment: { payment_method: "pm_card_visa" } });

export const checkoutOf = (cartId: string): Call => ({
  method: "POST",
  path: `/v1/carts/${cartId}/checkout`,
  headers: { ...JSON_BODY, "idempotency-key": randomUUID() },
  body: PAYMENT,
});

/** The SKUs of the nth cart; neighbours share one, so that its Stock object is not always alone. */
export function skusOf({ skus }: Pick<Shop, "skus">, cart: number): string[] {
  return Array.from({ length: LINES }, (_, line) => skus[(cart + line) % skus.length] ?? "");
}

/** So many open carts with these lines, two each if not said otherwise. Answers their ids. */
export async function fillCarts(
  shop: Shop,
  count: number,
  skus = (cart: number): readonly string[] => skusOf(shop, cart),
): Promise<string[]> {
  const ids: string[] = [];
  await sendAll(
    shop.origin,
    Array.from({ length: count }, () => createCart),
    201,
    (text) => {
      ids.push(cartIdOf(text));
    },
  );
  for (let line = 0; line < skus(0).length; line++) {
    const calls = ids.map((id, cart) => addLine(id, skus(cart)[line] ?? ""));
    await sendAll(shop.origin, calls, 200);
  }
  return ids;
}

/** A cart as the shop answers it. */
export async function sampleCart(shop: Shop, id: string): Promise<Readonly<Record<string, unknown>>> {
  let sample: Readonly<Record<string, unknown>> = {};
  await sendAll(shop.origin, [readCart(id)], 200, (text) => {
    sample = cartSchema.parse(JSON.parse(text));
  });
  return sample;
}
