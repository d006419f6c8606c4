import { MINUTE_MS } from "../events/minutes.ts";
import { OTHER_PRODUCTS, type ProductFold } from "../events/product-fold.ts";
import type { ProductMinutes } from "../events/product-minutes.ts";
import type { AlertTold } from "./alert.ts";
import type { AlertWatch, Look } from "./alert-watch.ts";
import type { AlertMetric } from "./metrics.ts";
import type { HeldRule } from "./rule.ts";

/** Why somebody looks: a commit changed something, time has passed, or the rules are others than before. */
export type LookReason = "commit" | "time" | "rules";

/** Sliding rates are bad for at most this long after the last event, and become clear without one. */
export const RATE_SETTLES_MS = 2 * MINUTE_MS;

/**
 * Decides the rules that a slice holds, against what it has folded. After a commit it looks only at the products that the commit changed, and for a stock rule only at
 * those whose stock did; who is not looked at has the value of before. A product that is archived has no alerts: what is not sold any more is sold out for ever.
 */
export function lookAtProducts(watch: AlertWatch, fold: ProductFold, reason: LookReason, look: Look): AlertTold[] {
  const told: AlertTold[] = [];
  for (const held of watch.rules) {
    for (const number of numbersOf(held, watch, fold, reason)) {
      const product = fold.products[number];
      if (!product || product.sku === OTHER_PRODUCTS) continue;
      const subject = { kind: "product", key: product.sku, name: product.name } as const;
      const news =
        product.status === "archived"
          ? watch.drop(held, subject, look)
          : watch.look(held, subject, productValue(fold, number, held.rule.metric, look.now), look);
      if (news) told.push(news);
    }
  }
  return told;
}

export const hasRates = (watch: AlertWatch): boolean => watch.rules.some(({ rule }) => isRate(rule.metric));

type Minute = NonNullable<ReturnType<ProductMinutes["of"]>>;

const RATES: { readonly [Metric in AlertMetric]?: (minute: Minute) => number } = {
  "views.per_minute": ({ views }) => views,
  "orders.per_minute": ({ orders }) => orders,
};

/** What a metric is for one product; nothing when it was never measured. What is left of one that is archived is nothing that could be sold. */
export function productValue(fold: ProductFold, number: number, metric: AlertMetric, now: number): number | undefined {
  const product = fold.products[number];
  if (metric === "stock.available") return product?.status === "archived" ? undefined : product?.stock?.available;
  const of = RATES[metric];
  return of && rate(fold, number, now, of);
}

/** Sums of a category in one slice, for whoever adds those of all slices. Stock is absent when no product of it that is sold has a level. */
export function categoryValue(
  fold: ProductFold,
  category: string,
  metric: AlertMetric,
  now: number,
): number | undefined {
  let sum: number | undefined;
  for (const [number, product] of fold.products.entries()) {
    if (product.category !== category) continue;
    const value = productValue(fold, number, metric, now);
    if (value !== undefined) sum = (sum ?? 0) + value;
  }
  return sum;
}

/** Of the last 60 seconds: the minute under way, and as much of the one before as the window still covers. */
function rate(fold: ProductFold, number: number, now: number, of: (minute: Minute) => number): number {
  const minute = Math.floor(now / MINUTE_MS);
  const at = (which: number): number => {
    const row = fold.minutes.get(which)?.of(number);
    return row ? of(row) : 0;
  };
  return at(minute) + at(minute - 1) * (1 - (now % MINUTE_MS) / MINUTE_MS);
}

const isRate = (metric: AlertMetric): boolean => metric !== "stock.available";

function numbersOf({ id, rule }: HeldRule, watch: AlertWatch, fold: ProductFold, reason: LookReason): Iterable<number> {
  const changed = isRate(rule.metric) ? fold.touched : fold.restocked;
  if (rule.scope.kind === "product") {
    const number = fold.find(rule.scope.sku);
    if (number === undefined) return [];
    return reason !== "commit" || changed.has(number) ? [number] : [];
  }
  if (reason === "commit") return changed;
  // When a rule's hours begin, what was already bad is looked at for the first time.
  if (reason === "rules" || rule.hours) return fold.products.keys();
  return [...watch.subjects(id)].flatMap((sku) => fold.find(sku) ?? []);
}
