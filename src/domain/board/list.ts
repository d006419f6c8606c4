import type { ProductFigures } from "../events/summary.ts";
import type { ProductSort } from "../live.ts";
import { unreachable } from "../result.ts";

/** The last product of the page before: its figure and its SKU, which no other product has. */
export type ListKey = readonly [figure: number, sku: string];

export interface ProductListQuery {
  readonly sort: ProductSort;
  /** Part of a SKU, name, category or brand, in any case; empty for all. */
  readonly q: string;
  readonly after: ListKey | undefined;
  /** How many at most. */
  readonly rows: number;
}

/** Largest figure first. The pages of parts, merged by this again, are the page of the whole. */
export function productPage(
  all: readonly ProductFigures[],
  currency: string,
  { sort, q, after, rows }: ProductListQuery,
): ProductFigures[] {
  const wanted = q.toLowerCase();
  return all
    .filter(({ sku, name, category, brand }) => [sku, name, category, brand].join("\n").toLowerCase().includes(wanted))
    .map((figures) => ({ figures, key: listKey(figures, sort, currency) }))
    .filter(({ key }) => after === undefined || comesBefore(after, key))
    .sort((a, b) => (comesBefore(a.key, b.key) ? -1 : 1))
    .slice(0, rows)
    .map(({ figures }) => figures);
}

export function listKey(figures: ProductFigures, sort: ProductSort, currency: string): ListKey {
  switch (sort) {
    case "trend":
      return [figures.trendScore, figures.sku];
    case "revenue":
      return [figures.revenue[currency] ?? 0, figures.sku];
    case "views":
    case "adds":
    case "orders":
      return [figures[sort], figures.sku];
    default:
      return unreachable(sort);
  }
}

const comesBefore = ([a, skuA]: ListKey, [b, skuB]: ListKey): boolean => (a === b ? skuA < skuB : a > b);
