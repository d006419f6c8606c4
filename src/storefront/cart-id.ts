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
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const hmacKey = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
  const digest = await crypto.subtle.sign("HMAC", hmacKey, encoder.encode(`${client}\n${key}`));
  return makeId("cart", 0, new Uint8Array(digest, 0, 16));
}
