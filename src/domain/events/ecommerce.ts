import { LIMITS } from "../limits.ts";
import { EVENT_KINDS, type EventKind } from "./columns.ts";

/** The number that stands for a kind in a column. */
const numberOf = (kind: EventKind): number => EVENT_KINDS.indexOf(kind);
export const KIND = {
  other: numberOf("other"),
  view: numberOf("view"),
  add: numberOf("add"),
  remove: numberOf("remove"),
  checkout: numberOf("checkout"),
  purchase: numberOf("purchase"),
  rejected: numberOf("rejected"),
} as const satisfies Record<EventKind, number>;

/** What an event's name means to us. `money` is set where revenue is reported, which only a secret key may do. */
export interface Meaning {
  readonly kind: number;
  readonly money: "order" | "refund" | undefined;
}

const meaning = (kind: EventKind, money?: "order" | "refund"): Meaning => ({ kind: KIND[kind], money });
const OTHER = meaning("other");

/**
 * Names of Segment's e-commerce spec v2, of v1 (verb first), and of GA4. Whoever moves to this API keeps the names that they have.
 * Sources: https://www.twilio.com/docs/segment/connections/spec/ecommerce/v2,
 * https://developers.google.com/analytics/devguides/collection/ga4/reference/events
 */
const NAMES: readonly (readonly [Meaning, readonly string[]])[] = [
  [meaning("view"), ["Product Viewed", "Viewed Product", "view_item"]],
  [meaning("add"), ["Product Added", "Added Product", "add_to_cart"]],
  [meaning("remove"), ["Product Removed", "Removed Product", "remove_from_cart"]],
  [meaning("checkout"), ["Checkout Started", "Started Checkout", "Order Started", "Started Order", "begin_checkout"]],
  [meaning("purchase", "order"), ["Order Completed", "Completed Order", "purchase"]],
  [meaning("other", "refund"), ["Order Refunded", "Refunded Order", "refund"]],
];

/** Without case and separators, as libraries of the spec compare: "product_viewed" and "PRODUCT VIEWED" are `Product Viewed`. */
const squeezed = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]+/g, "");

const BY_EXACT_NAME: ReadonlyMap<string, Meaning> = new Map(
  NAMES.flatMap(([meant, names]) => names.map((name) => [name, meant] as const)),
);
const BY_SQUEEZED_NAME: ReadonlyMap<string, Meaning> = new Map(
  NAMES.flatMap(([meant, names]) => names.map((name) => [squeezed(name), meant] as const)),
);
const LONGEST_NAME = 64;

/** The spelling of the spec is found without making a string; only another one is put into shape first. */
export function meaningOf(name: string): Meaning {
  const exact = BY_EXACT_NAME.get(name);
  if (exact !== undefined) return exact;
  return name.length > LONGEST_NAME ? OTHER : (BY_SQUEEZED_NAME.get(squeezed(name)) ?? OTHER);
}

export type Json = Readonly<Record<string, unknown>>;
export const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * What identifies the product of these properties (or of one entry of `products`): `sku` first, because stock and catalog know products by it.
 * "" when nothing does, `undefined` when what does cannot be a SKU.
 */
export function productIdOf(fields: Json): string | undefined {
  const value = fields["sku"] || fields["product_id"] || fields["item_id"] || fields["productId"] || fields["id"];
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : undefined;
  if (value === undefined || value === null || value === "" || value === false) return "";
  if (typeof value !== "string") return undefined;
  const id = value.trim();
  return id.length <= LIMITS.skuChars ? id : undefined;
}

/** The products that an event lists: `products` in Segment's spec, `items` in GA4. */
export function productsOf(properties: Json): unknown {
  return properties["products"] ?? properties["items"];
}

const QUANTITY_MAX = 0xffff;

/** Units; 1 where none are given. `undefined` when it is not a whole number that fits its column. */
export function quantityOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return 1;
  const units = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof units === "number" && Number.isInteger(units) && units >= 1 && units <= QUANTITY_MAX
    ? units
    : undefined;
}
