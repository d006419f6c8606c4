import type { Money, Product } from "../api/shapes.ts";

/** What a shopper calls a product: the SKUs that share a `product_id`, cheapest first. */
export interface Family {
  readonly id: string;
  readonly title: string;
  readonly variants: readonly [Product, ...Product[]];
}

/** In the order in which the products come; a family that is cut by the end of a page grows with the next. */
export function familiesOf(products: readonly Product[]): readonly Family[] {
  const byId = new Map<string, [Product, ...Product[]]>();
  for (const product of products) {
    const family = byId.get(product.product_id);
    if (family) family.push(product);
    else byId.set(product.product_id, [product]);
  }
  return [...byId].map(([id, variants]) => ({
    id,
    title: titleOf(variants[0].name),
    variants: cheapestFirst(variants),
  }));
}

function cheapestFirst(variants: [Product, ...Product[]]): Family["variants"] {
  return variants.sort(
    (one, other) => one.price.amount - other.price.amount || (one.sku < other.sku ? -1 : one.sku > other.sku ? 1 : 0),
  );
}

/** "Tide Hydrating Serum, 30 ml" is the serum, in 30 ml. */
export const titleOf = (name: string): string => name.split(", ")[0] ?? name;
const optionsOf = (name: string): readonly string[] => name.split(", ").slice(1);

/** What tells one variant from the others ("Fig"), and what all have in common ("9 ml"). */
export function optionLabels(variants: readonly Product[]): { labels: readonly string[]; common: readonly string[] } {
  const options = variants.map(({ name }) => optionsOf(name));
  const isCommon = (option: string): boolean => variants.length > 1 && options.every((own) => own.includes(option));
  const common = (options[0] ?? []).filter(isCommon);
  const labels = options.map(
    (own, at) => own.filter((option) => !isCommon(option)).join(", ") || (variants[at]?.sku ?? ""),
  );
  return variants.length > 1 ? { labels, common } : { labels: [], common: options[0] ?? [] };
}

/** The one to show first: the cheapest that can be had. */
export const leadOf = ({ variants }: Family): Product => variants.find(({ available }) => available > 0) ?? variants[0];

export const hasOnePrice = ({ variants }: Family): boolean =>
  variants.every(({ price }) => price.amount === variants[0].price.amount);

/** How much of the former price is gone, in whole percent; 0 when there is none or it is no saving. */
export function savedPercent(price: Money, before: Money | undefined): number {
  if (!before || before.currency !== price.currency || before.amount <= price.amount) return 0;
  return Math.round((1 - price.amount / before.amount) * 100);
}

const FEW_UNITS = 10;

export type Availability = "plenty" | "few" | "none";

export function availabilityOf(available: number): Availability {
  return available <= 0 ? "none" : available <= FEW_UNITS ? "few" : "plenty";
}
