import type { EventsMessage } from "../messages.ts";
import { unreachable } from "../result.ts";
import { allocate, type SoldLine } from "./allocation.ts";
import { timeOfId } from "./routing.ts";

export type OrderFact = Extract<
  EventsMessage,
  { readonly type: "order.placed" | "order.paid" | "order.closed" | "order.refunded" | "order.fulfilled" }
>;
export type ReportedFact = Extract<EventsMessage, { readonly type: "order.reported" | "order.reported_refund" }>;
export type MoneyFact = OrderFact | ReportedFact;

/** What is known for ever of one order's money. Amounts in minor units. */
export interface OrderMoney {
  /** The order's id, or `reported:` and the key that another system's order was reported under. */
  readonly key: string;
  readonly currency: string;
  /** Of the order when it told this; 0 when it did not say. */
  readonly version: number;
  readonly captured: number;
  /** What was asked back. A report may tell the refund before the order, or give back more than there was. */
  readonly returned: number;
  readonly total: number;
  readonly lines: readonly SoldLine[];
  /** When the money last moved, by the order's own clock, UTC ms. */
  readonly at: number;
  /** Whether it was counted as an order that was paid: once some fact of it showed money that the shop kept. */
  readonly isSold: boolean;
  /** Facts that were counted, by a name that is the same whenever the fact is told again. */
  readonly marks: readonly string[];
}

/** What a fact changes, ready to be added up: nothing has to be looked up to apply it again. */
export interface MoneyEffect {
  readonly type: MoneyFact["type"];
  /** Whether the fact itself is news. */
  readonly isNew: boolean;
  readonly isOwn: boolean;
  readonly at: number;
  readonly currency: string;
  readonly captured: number;
  readonly refunded: number;
  /** The part of the difference that belongs to products. */
  readonly goods: number;
  readonly orders: number;
  readonly units: number;
  readonly products: readonly { readonly sku: string; orders: number; units: number; revenue: number }[];
  /** SKUs that were checked out by this order, when it is the fact that says so. */
  readonly checkedOut: readonly string[];
}

/** Gives all of it back. */
const ALL = Number.MAX_SAFE_INTEGER;
/** Refunds of one order that are told apart. */
const MARKS_MAX = 200;

export const moneyKey = (fact: MoneyFact): string => ("orderId" in fact ? fact.orderId : `reported:${fact.key}`);

/**
 * When the order of a fact was placed, UTC ms: the same however often and however late it is told. It is in the order's id, unless that follows from a key, as
 * on a guarded path; then the fact says it. What says it nowhere, a fact of an older sender or an order of another system, is taken by when it was told.
 */
export const startOf = (fact: MoneyFact): number =>
  "orderId" in fact ? timeOfId(fact.orderId) || (fact.placedAt ?? fact.at) : fact.at;

/** Money that the shop has of an order. */
export const refundedOf = ({ captured, returned }: OrderMoney): number => Math.min(captured, returned);

/** Takes in one fact. Whatever the order in which facts arrive and however often, the sum of the effects is the newest state. */
export function foldMoney(
  known: OrderMoney | undefined,
  fact: MoneyFact,
): { readonly row: OrderMoney; readonly effect: MoneyEffect } {
  const before = known ?? emptyMoney(fact);
  const mark = markOf(fact);
  const isNew = !before.marks.includes(mark);
  const marks = isNew ? [...before.marks, mark].slice(-MARKS_MAX) : before.marks;
  // By any fact, the newest or not: which one comes first must make no difference.
  const isSold =
    before.isSold || fact.type === "order.reported" || ("orderId" in fact && fact.captured > fact.refunded);
  const row = { ...moved(before, fact, isNew), marks, isSold };
  return { row, effect: effectOf(before, row, fact, isNew) };
}

function emptyMoney(fact: MoneyFact): OrderMoney {
  const { currency } = fact;
  const nothing = { version: 0, captured: 0, returned: 0, total: 0, lines: [], at: 0, isSold: false, marks: [] };
  return { key: moneyKey(fact), currency, ...nothing };
}

function moved(before: OrderMoney, fact: MoneyFact, isNew: boolean): OrderMoney {
  switch (fact.type) {
    case "order.reported": {
      if (!isNew) return before;
      const total = fact.amount ?? fact.lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0);
      return { ...before, currency: fact.currency, captured: total, total, lines: fact.lines, at: fact.at };
    }
    case "order.reported_refund":
      if (!isNew) return before;
      return { ...before, returned: Math.min(ALL, before.returned + (fact.amount ?? ALL)) };
    case "order.placed":
    case "order.paid":
    case "order.closed":
    case "order.refunded":
    case "order.fulfilled":
      return movedByOrder(before, fact);
    default:
      return unreachable(fact);
  }
}

/** The fact with the highest version is the truth. One of an older sender has none: then money only grows, and the later word on refunds counts. */
function movedByOrder(before: OrderMoney, fact: OrderFact): OrderMoney {
  const { currency, total, lines, at } = fact;
  const version = fact.version ?? 0;
  if (version > 0) {
    if (version <= before.version) return before;
    return { ...before, currency, version, captured: fact.captured, returned: fact.refunded, total, lines, at };
  }
  if (before.version > 0) return before;
  const captured = Math.max(before.captured, fact.captured);
  const returned = at >= before.at ? Math.max(before.returned, fact.refunded) : before.returned;
  return { ...before, currency, captured, returned, total, lines, at: Math.max(at, before.at) };
}

/** The order's own facts are one each, but for refunds, which are told by how much was refunded in all. */
function markOf(fact: MoneyFact): string {
  if (fact.type === "order.refunded") return `${fact.type}:${fact.refunded}`;
  if (fact.type === "order.reported_refund") return fact.id;
  return fact.type;
}

function effectOf(before: OrderMoney, after: OrderMoney, fact: MoneyFact, isNew: boolean): MoneyEffect {
  const was = stateOf(before);
  const is = stateOf(after);
  const becameSold = after.isSold && !before.isSold;
  const sold = becameSold ? fact.lines : [];
  const products = new Map<string, { sku: string; orders: number; units: number; revenue: number }>();
  const productOf = (sku: string) => {
    const row = products.get(sku) ?? { sku, orders: 0, units: 0, revenue: 0 };
    products.set(sku, row);
    return row;
  };
  for (const [sku, revenue] of is.perSku) productOf(sku).revenue += revenue;
  for (const [sku, revenue] of was.perSku) productOf(sku).revenue -= revenue;
  for (const { sku, quantity } of sold) {
    productOf(sku).orders = 1;
    productOf(sku).units += quantity;
  }
  const isOwn = fact.type !== "order.reported" && fact.type !== "order.reported_refund";
  return {
    type: fact.type,
    isNew,
    isOwn,
    at: fact.at,
    currency: after.currency,
    captured: is.captured - was.captured,
    refunded: is.refunded - was.refunded,
    goods: is.goods - was.goods,
    orders: becameSold ? 1 : 0,
    units: sold.reduce((sum, line) => sum + line.quantity, 0),
    products: [...products.values()].filter((row) => row.orders !== 0 || row.units !== 0 || row.revenue !== 0),
    checkedOut: fact.type === "order.placed" && isNew ? [...new Set(fact.lines.map(({ sku }) => sku))] : [],
  };
}

function stateOf(row: OrderMoney): {
  readonly captured: number;
  readonly refunded: number;
  readonly goods: number;
  readonly perSku: Map<string, number>;
} {
  const refunded = refundedOf(row);
  const { goods, perLine } = allocate({ captured: row.captured, refunded, total: row.total }, row.lines);
  const perSku = new Map<string, number>();
  row.lines.forEach(({ sku }, i) => perSku.set(sku, (perSku.get(sku) ?? 0) + (perLine[i] ?? 0)));
  return { captured: row.captured, refunded, goods, perSku };
}

/** The part of an order's net money that belongs to its products. */
export const goodsOf = (row: OrderMoney): number => stateOf(row).goods;
