import type { ProductState } from "./product.ts";
import { trendScore } from "./trend.ts";

/**
 * Numbers of the products worth showing: the most trending (those without a trend by what they were viewed today), and the best selling of the
 * day, whose revenue is compared as plain minor units whatever the currency. What nobody looked at today and nobody stocks is not.
 */
export function mostOf(
  products: readonly ProductState[],
  { top, dayStartsAt, now }: { readonly top: number; readonly dayStartsAt: number; readonly now: number },
): number[] {
  const rows = products.flatMap(({ trend, day, stock }, number) => {
    const isToday = day.startsAt === dayStartsAt;
    const score = trendScore(trend, now);
    if (!isToday && score === 0 && !stock) return [];
    const revenue = isToday ? Object.values(day.revenue).reduce((sum, amount) => sum + amount, 0) : 0;
    return [{ number, score, revenue, views: isToday ? day.views : 0 }];
  });
  const trending = rows.toSorted((a, b) => b.score - a.score || b.views - a.views || a.number - b.number).slice(0, top);
  const selling = rows.toSorted((a, b) => b.revenue - a.revenue || a.number - b.number).slice(0, top);
  return [...new Set([...trending, ...selling].map(({ number }) => number))];
}
