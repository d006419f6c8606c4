import { currencyCode, minorUnits } from "../currency.ts";
import { LIMITS } from "../limits.ts";
import type { EventsMessage } from "../messages.ts";
import { isJson, type Json, productIdOf, productsOf, quantityOf } from "./ecommerce.ts";

export type OrderReport = Extract<EventsMessage, { type: "order.reported" | "order.reported_refund" }>;
type Line = OrderReport["lines"][number];

/** Leaves room in a fact's key for the id of its source. */
const ORDER_ID_CHARS = 100;

export interface ReportContext {
  readonly money: "order" | "refund";
  /** What the keys of one source share; with the order's id it is counted once for ever. */
  readonly source: string;
  readonly visitor: string;
  readonly at: number;
  readonly requestId: string | undefined;
  /** Of orders that do not say. */
  readonly currency: string;
}

/**
 * The fact in an `Order Completed` or `Order Refunded` that was sent under a secret key; `undefined` when its money cannot be told exactly. An
 * order has to have an id and an amount; a refund without an amount gives all of it back. `total` (with tax and shipping, as we
 * charge it) comes before `revenue` (without) and GA4's `value`.
 */
export function reportOf(event: unknown, context: ReportContext): OrderReport | undefined {
  const properties = isJson(event) ? event["properties"] : undefined;
  if (!isJson(properties)) return undefined;
  const orderId = orderIdOf(properties);
  const given = properties["currency"];
  const currency = given == null || given === "" ? context.currency : currencyCode(given);
  const lines = currency === undefined ? undefined : linesOf(productsOf(properties), currency);
  if (orderId === undefined || currency === undefined || lines === undefined) return undefined;
  const stated = properties["total"] ?? properties["revenue"] ?? properties["value"];
  const amount = stated == null ? undefined : minorUnits(stated, currency);
  if (amount === undefined && (stated != null || context.money === "order")) return undefined;
  const { money, source, visitor, at, requestId } = context;
  const type = money === "order" ? "order.reported" : "order.reported_refund";
  const key = `${source}:${orderId}`;
  const visitorId = visitor.length > 0 && visitor.length <= LIMITS.messageIdChars ? visitor : undefined;
  return { v: 1, type, id: `${type}:${key}`, requestId, key, visitorId, currency, amount, lines, at };
}

function orderIdOf(properties: Json): string | undefined {
  const value = properties["order_id"] ?? properties["orderId"] ?? properties["transaction_id"];
  const id = typeof value === "number" && Number.isFinite(value) ? String(value) : value;
  return typeof id === "string" && id.length > 0 && id.length <= ORDER_ID_CHARS ? id : undefined;
}

/** Lines that name no product are left out; one that names it with a price or quantity that cannot be read spoils the report. */
function linesOf(products: unknown, currency: string): Line[] | undefined {
  if (products == null) return [];
  if (!Array.isArray(products) || products.length > LIMITS.linesPerCart) return undefined;
  const lines: Line[] = [];
  for (const product of products as readonly unknown[]) {
    const sku = isJson(product) ? productIdOf(product) : undefined;
    if (!isJson(product) || sku === undefined) return undefined;
    if (sku === "") continue;
    const quantity = quantityOf(product["quantity"]);
    const unitPrice = minorUnits(product["price"] ?? 0, currency);
    if (quantity === undefined || unitPrice === undefined) return undefined;
    lines.push({ sku, quantity, unitPrice });
  }
  return lines;
}
