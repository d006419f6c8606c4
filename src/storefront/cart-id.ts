import { makeId } from "../domain/ids.ts";

/** A new cart's id. Unguessable: whoever knows it may change the cart. */
export const newCartId = (now: number): string => makeId("cart", now, crypto.getRandomValues(new Uint8Array(16)));

/** A new order's id, chosen before the order exists so that every repeat of a step names the same one. */
export const newOrderId = (now: number): string => makeId("ord", now, crypto.getRandomValues(new Uint8Array(16)));

/**
 * The id of the cart that a client creates under an Idempotency-Key: the same key finds the same cart without a lookup table. Keyed
 * with a secret, so that knowing a key does not give away the cart, and with the client's address, so that two clients who both
 * chose "1" do not share one. The time in it is zero, because a repeat could not know the first one's.
 */
export async function keyedCartId(secret: string, client: string, key: string): Promise<string> {
  return makeId("cart", 0, await keyedBytes(secret, `${client}\n${key}`));
}

/**
 * The id of the order that a checkout of this cart under this key makes, wherever it is made. On a guarded path both sides charge under a key that is
 * derived from it, so that one checkout cannot be charged by both.
 */
export async function keyedOrderId(secret: string, cartId: string, key: string): Promise<string> {
  return makeId("ord", 0, await keyedBytes(secret, `order\n${cartId}\n${key}`));
}

async function keyedBytes(secret: string, text: string): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const hmacKey = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", hmacKey, encoder.encode(text)), 0, 16);
}
