import { byTrend } from "../../src/domain/board/change.ts";
import type { ProductRow } from "../../src/domain/live.ts";

export const SORTS = ["trend", "name", "views", "adds", "orders", "revenue", "conversion", "stock"] as const;
export type Sort = (typeof SORTS)[number];

export interface Arrangement {
  readonly sort: Sort;
  readonly isReversed: boolean;
  readonly query: string;
}

export const BY_TREND: Arrangement = { sort: "trend", isReversed: false, query: "" };

/** Which end comes first when a column is chosen: names from A, stock from the scarcest, everything else from the most. */
const ASCENDING: ReadonlySet<Sort> = new Set(["name", "stock", "trend"]);

export const isAscending = ({ sort, isReversed }: Arrangement): boolean => ASCENDING.has(sort) !== isReversed;

/** Choosing a column again turns it round. */
export const chosen = (before: Arrangement, sort: Sort): Arrangement => ({
  ...before,
  sort,
  isReversed: before.sort === sort && !before.isReversed,
});

/** The rows that match, in order. Rows without a value come last in both directions: they are not "the least", and stay as the board has them. */
export function arrange(rows: readonly ProductRow[], arrangement: Arrangement): readonly ProductRow[] {
  const words = arrangement.query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length === 0 ? rows : rows.filter((row) => matches(row, words));
  const sign = isAscending(arrangement) ? 1 : -1;
  return found.toSorted((a, b) => {
    if (arrangement.sort === "name") return sign * a.name.localeCompare(b.name) || bySku(a, b);
    const [left, right] = [valueOf(a, arrangement.sort), valueOf(b, arrangement.sort)];
    if (left === null || right === null) return Number(left === null) - Number(right === null) || byTrend(a, b);
    return sign * (left - right) || bySku(a, b);
  });
}

/** The rows in the order that was there before, new ones at the end: for while somebody points at them. */
export function inOrderOf(rows: readonly ProductRow[], skus: readonly string[]): readonly ProductRow[] {
  const place = new Map(skus.map((sku, index) => [sku, index]));
  return rows.toSorted((a, b) => (place.get(a.sku) ?? Infinity) - (place.get(b.sku) ?? Infinity) || 0);
}

function matches({ name, sku, brand, category }: ProductRow, words: readonly string[]): boolean {
  const text = `${name} ${sku} ${brand} ${category}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function valueOf(row: ProductRow, sort: Exclude<Sort, "name">): number | null {
  switch (sort) {
    case "trend":
      return row.trend.rank;
    case "revenue":
      return row.revenue.amount;
    case "stock":
      return row.stock?.available ?? null;
    case "views":
    case "adds":
    case "orders":
    case "conversion":
      return row[sort];
  }
}

const bySku = (a: ProductRow, b: ProductRow): number => (a.sku < b.sku ? -1 : 1);
