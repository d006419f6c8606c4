import { v7 } from "uuid";

export type IdPrefix = "cart" | "ord" | "evt" | "req" | "aud" | "we" | "wk";

const UUID_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
const PATTERNS: Record<"cart" | "ord" | "we", RegExp> = {
  cart: new RegExp(`^cart_${UUID_PATTERN}$`),
  ord: new RegExp(`^ord_${UUID_PATTERN}$`),
  we: new RegExp(`^we_${UUID_PATTERN}$`),
};

/**
 * A prefixed UUIDv7 (RFC 9562). Cart and order ids are capabilities, so all 74 free bits come from `random`
 * (16 bytes): the library's own counter would make ids of one millisecond neighbours.
 */
export function makeId(prefix: IdPrefix, now: number, random: Uint8Array): string {
  return `${prefix}_${v7({ msecs: now, random })}`;
}

export const isCartId = (id: string): boolean => PATTERNS.cart.test(id);
export const isOrderId = (id: string): boolean => PATTERNS.ord.test(id);
export const isEndpointId = (id: string): boolean => PATTERNS.we.test(id);

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const NUMBER_EPOCH_MS = Date.UTC(2025, 0, 1);

/**
 * The number that people read to each other, e.g. `BW-1Q8X2K7-M4TZ9`: 35 bits of milliseconds x 1/16 s since 2025 and 25 random
 * bits of the order's id, in Crockford's alphabet (no I, L, O, U). Derived, so it needs no counter that all
 * checkouts would have to pass; two orders share one only if they collide in 25 bits within the same 62 ms.
 */
export function orderNumber(orderId: string, placedAt: number): string {
  const ticks = Math.floor((placedAt - NUMBER_EPOCH_MS) / 62.5);
  const bits = Number.parseInt(orderId.slice(-8), 16) % 2 ** 25;
  return `BW-${crockford(ticks, 7)}-${crockford(bits, 5)}`;
}

function crockford(value: number, chars: number): string {
  let rest = value;
  let text = "";
  for (let i = 0; i < chars; i++) {
    text = CROCKFORD.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
