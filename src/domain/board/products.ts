import type { ProductFigures, ProductMinute } from "../events/summary.ts";
import type { ProductDetail, ProductRow } from "../live.ts";
import { byTrend } from "./change.ts";
import { share } from "./minutes.ts";
import type { SliceView } from "./sources.ts";

/** Significant digits of a trend's score. It decays with every moment; with more digits every product would change in every frame. */
const SCORE_DIGITS = 2;

const iso = (ms: number): string => new Date(ms).toISOString();

/** `rank` among all products of the shop, when it is known. */
export function productRow(figures: ProductFigures, currency: string, rank: number | null): ProductRow {
  const { revenue, trendScore, stock, ...same } = figures;
  return {
    ...same,
    revenue: { amount: revenue[currency] ?? 0, currency },
    conversion: share(figures.orders, figures.views),
    trend: { score: Number(trendScore.toPrecision(SCORE_DIGITS)), rank },
    stock: stock && { available: stock.available, on_hand: stock.onHand, as_of: iso(stock.asOf) },
  };
}

/** What a slice tells of one product, as it is shown. */
export function productDetail(
  detail: { readonly product: ProductFigures; readonly minutes: readonly ProductMinute[]; readonly asOf: number },
  currency: string,
  rank: number | null,
): ProductDetail {
  return {
    product: productRow(detail.product, currency, rank),
    minutes: detail.minutes.map((row) => ({ ...row, revenue: row.revenue[currency] ?? 0 })),
    as_of: iso(detail.asOf),
  };
}

/**
 * The `top` most trending and the `top` best selling products. Every slice knows its own `top` of both, so the first `top` of all are among
 * them, and only those can be ranked.
 */
export function boardProducts(slices: readonly SliceView[], currency: string, top: number): ProductRow[] {
  const all = slices.flatMap(({ products }) => products);
  const bySku = (a: ProductFigures, b: ProductFigures): number => (a.sku < b.sku ? -1 : 1);
  const trending = all
    .filter(({ trendScore }) => trendScore > 0)
    .sort((a, b) => b.trendScore - a.trendScore || bySku(a, b))
    .slice(0, top);
  const revenueOf = ({ revenue }: ProductFigures): number => revenue[currency] ?? 0;
  const selling = all.toSorted((a, b) => revenueOf(b) - revenueOf(a) || bySku(a, b)).slice(0, top);
  const ranks = new Map(trending.map(({ sku }, index) => [sku, index + 1]));
  const shown = new Map([...selling, ...trending].map((figures) => [figures.sku, figures]));
  return [...shown.values()]
    .map((figures) => productRow(figures, currency, ranks.get(figures.sku) ?? null))
    .sort(byTrend);
}
