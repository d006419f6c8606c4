import type { ProductFigures } from "./summary.ts";
import { noTrend, type Trend, trendScore } from "./trend.ts";

/** What a look-up in the catalog said: found, not in the catalog, or not asked because the catalog was not well. */
export type LookUp = "found" | "unknown" | "bypassed";

export type ProductStatus = "active" | "archived";

/** What the catalog knows of a product, or the defaults that stand in for it. */
export interface ProductFacts {
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly brand: string;
  readonly image: string;
  /** Absent in what is no answer of the catalog. */
  readonly status?: ProductStatus | undefined;
  readonly lookUp: LookUp;
}

/** Sums of one local day. */
export interface DayFigures {
  startsAt: number;
  views: number;
  adds: number;
  checkouts: number;
  orders: number;
  units: number;
  revenue: Record<string, number>;
}

/** One product in its slice. Times UTC ms. */
export interface ProductState {
  readonly sku: string;
  name: string;
  category: string;
  brand: string;
  image: string;
  enriched: boolean;
  /** Absent until the catalog said so. What is archived is not sold, and nobody needs to be alerted of it. */
  status?: ProductStatus | undefined;
  /** When it should be looked up next, and how many look-ups in a row did not help. */
  askAt: number;
  asked: number;
  day: DayFigures;
  trend: Trend;
  stock: { available: number; onHand: number; seq: number; asOf: number } | null;
}

/** What is known of a product is looked up again after this long, when something happens to it. */
const KNOWN_MS = 60 * 60_000;
const ASK_BASE_MS = 5_000;
const ASK_MAX_MS = 5 * 60_000;

const noFigures = (startsAt: number): DayFigures => ({
  startsAt,
  views: 0,
  adds: 0,
  checkouts: 0,
  orders: 0,
  units: 0,
  revenue: {},
});

export const newProduct = (sku: string): ProductState => ({
  sku,
  name: sku,
  category: "unknown",
  brand: "unknown",
  image: "",
  enriched: false,
  askAt: 0,
  asked: 0,
  day: noFigures(0),
  trend: noTrend(),
  stock: null,
});

/** The figures of a day that begins then, or undefined when the product is already in a later one. */
export function dayFigures(product: ProductState, startsAt: number): DayFigures | undefined {
  if (product.day.startsAt < startsAt) product.day = noFigures(startsAt);
  return product.day.startsAt === startsAt ? product.day : undefined;
}

/** Notes that a look-up was asked for: if no answer comes, or one that does not help, the next is later and later. */
export function noteAsked(product: ProductState, now: number): void {
  product.askAt = now + Math.min(ASK_BASE_MS * 2 ** Math.min(product.asked, 10), ASK_MAX_MS);
  product.asked++;
}

/** Names, and whether it is sold: no figure depends on what is known of a product. */
export function noteFacts(product: ProductState, facts: ProductFacts, now: number): void {
  // Defaults never take the place of what was really looked up.
  if (facts.lookUp === "bypassed" && product.enriched) return;
  product.name = facts.name;
  product.category = facts.category;
  product.brand = facts.brand;
  product.image = facts.image;
  product.enriched = facts.lookUp === "found";
  product.status = facts.status ?? product.status;
  if (facts.lookUp === "bypassed") return;
  product.askAt = now + KNOWN_MS;
  product.asked = 0;
}

export function figuresOf(
  product: ProductState,
  options: { readonly dayStartsAt: number; readonly now: number; readonly spark: readonly number[] },
): ProductFigures {
  const { sku, name, category, brand, image, enriched, trend, stock } = product;
  const isToday = product.day.startsAt === options.dayStartsAt;
  const { startsAt: _startsAt, ...figures } = isToday ? product.day : noFigures(0);
  return {
    sku,
    name,
    category,
    brand,
    image,
    enriched,
    ...figures,
    revenue: { ...figures.revenue },
    trendScore: trendScore(trend, options.now),
    stock: stock && { available: stock.available, onHand: stock.onHand, asOf: stock.asOf },
    spark: options.spark,
  };
}
