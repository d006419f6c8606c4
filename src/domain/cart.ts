import { LIMITS } from "./limits.ts";
import type { Money, Totals } from "./money.ts";
import { chargeProblem } from "./psp-money.ts";
import { ok, refuse, type Result } from "./result.ts";

export type CartStatus = "open" | "checking_out" | "ordered" | "abandoned";

export interface CartLine {
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  /** Minor units of the cart's currency, as last shown to the shopper. */
  readonly unitPrice: number;
}

export interface Address {
  readonly line1: string;
  readonly line2?: string | undefined;
  readonly city: string;
  readonly postal_code: string;
  readonly state?: string | undefined;
  readonly country: string;
}

export interface Customer {
  readonly email: string;
  readonly name?: string | undefined;
  readonly phone?: string | undefined;
  readonly shipping_address?: Address | undefined;
}

/** One shopper's cart. `version` grows by one with every change; times are UTC ms. */
export interface Cart {
  readonly id: string;
  readonly status: CartStatus;
  readonly currency: string;
  readonly customer?: Customer | undefined;
  readonly lines: readonly CartLine[];
  readonly orderId?: string | undefined;
  /** The tracking id of the shopper's browser, as it was given when the cart was opened. */
  readonly visitorId?: string | undefined;
  /** The order that gave it back last, and the version that this made. */
  readonly reopened?: { readonly orderId: string; readonly version: number } | undefined;
  /** Given to the monolith: from `handOver` on nothing changes here any more, and `to` is its id there once that is known. */
  readonly handOver?: { readonly at: number; readonly to?: string | undefined } | undefined;
  /** A copy that only shows what would happen: it tells nobody anything. */
  readonly dry?: true | undefined;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What the catalog says of a SKU at this moment. The storefront reads it; a shopper never sends a price. */
export interface Quote {
  readonly sku: string;
  readonly name: string;
  readonly unitPrice: number;
  readonly currency: string;
}

export type CartChange =
  | { readonly type: "add_line"; readonly quote: Quote; readonly quantity: number }
  | { readonly type: "set_quantity"; readonly sku: string; readonly quantity: number }
  | { readonly type: "remove_line"; readonly sku: string }
  | { readonly type: "set_customer"; readonly customer: Customer };

export type CartRefusal =
  | { readonly reason: "cart_moved"; readonly to: string | undefined }
  | { readonly reason: "cart_ordered"; readonly orderId: string }
  | { readonly reason: "cart_in_checkout"; readonly orderId: string }
  | { readonly reason: "stale_version"; readonly version: number }
  | { readonly reason: "line_limit"; readonly limit: number }
  | { readonly reason: "quantity_limit"; readonly limit: number; readonly sku: string; readonly wanted: number }
  | { readonly reason: "unknown_line"; readonly sku: string }
  | { readonly reason: "currency_mismatch"; readonly currency: string };

export type CheckoutRefusal =
  | CartRefusal
  | { readonly reason: "empty_cart" }
  /** Lines changed between reading the cart and pricing it: price it again. */
  | { readonly reason: "quotes_outdated"; readonly cart: Cart }
  | { readonly reason: "unavailable"; readonly skus: readonly string[] }
  | { readonly reason: "price_changed"; readonly cart: Cart }
  /** What it comes to is nothing that the payment provider can charge; `detail` says why. */
  | { readonly reason: "not_chargeable"; readonly total: Money; readonly detail: string };

export function openCart(id: string, currency: string, now: number, visitorId?: string): Cart {
  return { id, status: "open", currency, lines: [], visitorId, version: 1, createdAt: now, updatedAt: now };
}

/** Applies one change. `expectedVersion` is the shopper's If-Match; without it changes apply in arrival order. */
export function changeCart(
  cart: Cart,
  change: CartChange,
  now: number,
  expectedVersion?: number,
): Result<Cart, CartRefusal> {
  const closed = refuseUnlessChangeable(cart, expectedVersion);
  if (closed) return closed;
  const changed = changeContents(cart, change);
  return changed.ok ? ok(nextVersion({ ...changed.value, status: "open" }, now)) : changed;
}

function refuseUnlessChangeable(cart: Cart, expectedVersion?: number): ({ ok: false } & CartRefusal) | undefined {
  if (cart.orderId !== undefined && cart.status === "ordered") {
    return refuse({ reason: "cart_ordered", orderId: cart.orderId });
  }
  if (cart.orderId !== undefined && cart.status === "checking_out") {
    return refuse({ reason: "cart_in_checkout", orderId: cart.orderId });
  }
  if (cart.handOver) return refuse({ reason: "cart_moved", to: cart.handOver.to });
  if (expectedVersion !== undefined && expectedVersion !== cart.version) {
    return refuse({ reason: "stale_version", version: cart.version });
  }
  return undefined;
}

function changeContents(cart: Cart, change: CartChange): Result<Cart, CartRefusal> {
  switch (change.type) {
    case "add_line":
      return addLine(cart, change.quote, change.quantity);
    case "set_quantity":
      return withLine(cart, change.sku, (line) => [{ ...line, quantity: change.quantity }]);
    case "remove_line":
      return withLine(cart, change.sku, () => []);
    case "set_customer":
      return ok({ ...cart, customer: change.customer });
  }
}

/** The same SKU adds up on one line, so nothing can slip past the stock check as two small lines. */
function addLine(cart: Cart, quote: Quote, quantity: number): Result<Cart, CartRefusal> {
  if (quote.currency !== cart.currency) return refuse({ reason: "currency_mismatch", currency: cart.currency });
  const present = cart.lines.find((line) => line.sku === quote.sku);
  const wanted = (present?.quantity ?? 0) + quantity;
  if (wanted > LIMITS.quantityPerLine) {
    return refuse({ reason: "quantity_limit", limit: LIMITS.quantityPerLine, sku: quote.sku, wanted });
  }
  if (!present && cart.lines.length >= LIMITS.linesPerCart) {
    return refuse({ reason: "line_limit", limit: LIMITS.linesPerCart });
  }
  const line: CartLine = { sku: quote.sku, name: quote.name, quantity: wanted, unitPrice: quote.unitPrice };
  const lines = present ? cart.lines.map((other) => (other === present ? line : other)) : [...cart.lines, line];
  return ok({ ...cart, lines });
}

function withLine(cart: Cart, sku: string, change: (line: CartLine) => CartLine[]): Result<Cart, CartRefusal> {
  if (!cart.lines.some((line) => line.sku === sku)) return refuse({ reason: "unknown_line", sku });
  return ok({ ...cart, lines: cart.lines.flatMap((line) => (line.sku === sku ? change(line) : [line])) });
}

/**
 * Locks the cart for checkout under `orderId`. `quotes` are the catalog's prices for exactly the cart's SKUs (a SKU
 * that can no longer be bought is missing), `totals` what they come to. A price that differs from what was shown changes the cart instead of
 * the bill: the caller stores `cart` and tells the shopper.
 */
export function beginCheckout(
  cart: Cart,
  input: {
    quotes: readonly Quote[];
    pricedVersion: number;
    totals: Totals;
    orderId: string;
    expectedVersion?: number | undefined;
  },
  now: number,
): Result<Cart, CheckoutRefusal> {
  const closed = refuseUnlessChangeable(cart, input.expectedVersion);
  if (closed) return closed;
  if (cart.lines.length === 0) return refuse({ reason: "empty_cart" });
  if (input.pricedVersion !== cart.version) return refuse({ reason: "quotes_outdated", cart });
  // A product that is priced in another currency now cannot be sold in this cart.
  const usable = input.quotes.filter((quote) => quote.currency === cart.currency);
  const quotes = new Map(usable.map((quote) => [quote.sku, quote]));
  const missing = cart.lines.filter((line) => !quotes.has(line.sku)).map((line) => line.sku);
  if (missing.length > 0) return refuse({ reason: "unavailable", skus: missing });
  const repriced = cart.lines.map((line) => ({
    ...line,
    unitPrice: quotes.get(line.sku)?.unitPrice ?? line.unitPrice,
  }));
  if (repriced.some((line, i) => line.unitPrice !== cart.lines[i]?.unitPrice)) {
    return refuse({ reason: "price_changed", cart: nextVersion({ ...cart, lines: repriced }, now) });
  }
  const total = { amount: input.totals.total, currency: cart.currency };
  const detail = chargeProblem(total);
  if (detail !== undefined) return refuse({ reason: "not_chargeable", total, detail });
  return ok(nextVersion({ ...cart, status: "checking_out", orderId: input.orderId }, now));
}

/**
 * Ends a checkout: `ordered` keeps the cart with its order, `reopen` gives it back to the shopper (out of stock, declined,
 * canceled, expired). Says nothing (`undefined`) when the cart has moved on, so a late or repeated call changes nothing.
 */
export function settleCheckout(
  cart: Cart,
  orderId: string,
  outcome: "ordered" | "reopen",
  now: number,
): Cart | undefined {
  if (cart.orderId !== orderId) return undefined;
  if (outcome === "ordered") {
    return cart.status === "checking_out" ? nextVersion({ ...cart, status: "ordered" }, now) : undefined;
  }
  if (cart.status !== "checking_out" && cart.status !== "ordered") return undefined;
  const reopened = { orderId, version: cart.version + 1 };
  return nextVersion({ ...cart, status: "open", orderId: undefined, reopened }, now);
}

/**
 * Takes a cart back that was given up too early: its order has been paid after all, and open it would be bought a second time. One that the
 * shopper has touched since is another purchase and stays (`undefined`); being abandoned is not a touch.
 */
export function reclaimCart(cart: Cart, orderId: string, now: number): Cart | undefined {
  const { reopened, version, status } = cart;
  if (reopened?.orderId !== orderId || (status !== "open" && status !== "abandoned")) return undefined;
  if (version - reopened.version !== (status === "abandoned" ? 1 : 0)) return undefined;
  return nextVersion({ ...cart, status: "ordered", orderId, reopened: undefined }, now);
}

/** A cart with goods in it that was left alone; an empty one is not worth a report. */
export function abandonCart(cart: Cart, idleMs: number, now: number): Cart | undefined {
  if (cart.status !== "open" || cart.lines.length === 0 || now - cart.updatedAt < idleMs) return undefined;
  // Whoever has it now tells of it.
  if (cart.handOver || cart.dry) return undefined;
  return { ...cart, status: "abandoned", version: cart.version + 1 };
}

function nextVersion(cart: Cart, now: number): Cart {
  return { ...cart, version: cart.version + 1, updatedAt: now };
}

export type HandOverRefusal = Extract<CartRefusal, { reason: "cart_ordered" | "cart_in_checkout" }>;

/**
 * Closes the cart here, so that what is handed over is what the shopper has. Asked for again it answers the same cart: a hand-over that was cut
 * off is finished by whoever comes next. A checkout that has begun is finished where it began.
 */
export function beginHandOver(cart: Cart, now: number): Result<Cart, HandOverRefusal> {
  if (cart.handOver) return ok(cart);
  const closed = refuseUnlessChangeable(cart);
  if (closed?.reason === "cart_ordered" || closed?.reason === "cart_in_checkout") return closed;
  return ok(nextVersion({ ...cart, status: "open", handOver: { at: now } }, now));
}

/** Notes the monolith's id. The first one counts: it knows the cart by the key of the hand-over, so there is only one. */
export function finishHandOver(cart: Cart, to: string, now: number): Cart | undefined {
  if (!cart.handOver || cart.handOver.to !== undefined) return undefined;
  return nextVersion({ ...cart, handOver: { ...cart.handOver, to } }, now);
}
