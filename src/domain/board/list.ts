import type { ProductFigures } from "../events/summary.ts";
import { type ProductRow, type ProductSort } from "../live.ts";
import { unreachable } from "../result.ts";
import { productRow } from "./products.ts";

/** The last product of the page before: its figure and its SKU, which no other product has. */
export type ListKey = readonly [figure: number, sku: string];

export interface ProductListQuery {
  readonly sort: ProductSort;
  /** Part of a SKU, name, category or brand, in any case; empty for all. */
  readonly q: string;
  readonly after: ListKey | undefined;
  /** How many rows at most. */
  readonly rows: number;
}

export interface ListedProduct {
  readonly key: ListKey;
  readonly row: ProductRow;
}

/** One page of all products, largest figure first. */
export function listProducts(
  all: readonly ProductFigures[],
  currency: string,
  { sort, q, after, rows }: ProductListQuery,
): ListedProduct[] {
  const ranks = new Map(
    all
      .filter(({ trendScore }) => trendScore > 0)
      .sort((a, b) => b.trendScore - a.trendScore || (a.sku < b.sku ? -1 : 1))
      .map(({ sku }, index) => [sku, index + 1]),
  );
  const wanted = q.toLowerCase();
  return all
    .filter(({ sku, name, category, brand }) => [sku, name, category, brand].join("\n").toLowerCase().includes(wanted))
    .map((figures) => ({ figures, key: [figureOf(figures, sort, currency), figures.sku] as const }))
    .filter(({ key }) => after === undefined || comesBefore(after, key))
    .sort((a, b) => (comesBefore(a.key, b.key) ? -1 : 1))
    .slice(0, rows)
    .map(({ figures, key }) => ({ key, row: productRow(figures, currency, ranks.get(figures.sku) ?? null) }));
}

const comesBefore = ([a, skuA]: ListKey, [b, skuB]: ListKey): boolean => (a === b ? skuA < skuB : a > b);

function figureOf(figures: ProductFigures, sort: ProductSort, currency: string): number {
  switch (sort) {
    case "trend":
      return figures.trendScore;
    case "revenue":
      return figures.revenue[currency] ?? 0;
    case "views":
      return figures.views;
    case "adds":
      return figures.adds;
    case "orders":
      return figures.orders;
    default:
      return unreachable(sort);
  }
}
