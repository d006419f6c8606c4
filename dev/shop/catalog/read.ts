import { type Answer, ask } from "../api/client.ts";
import type { Product, ProductList } from "../api/shapes.ts";

export const PAGE_UNITS = 36;
const MOST_PER_PAGE = 100;

export interface Wanted {
  readonly category: string;
  readonly q: string;
}

/** A list as far as it has been read. Kept while the page lives, so that going back shows it at once, and where it was. */
export interface Shelf {
  readonly products: readonly Product[];
  readonly nextCursor: string | null;
}

const shelves = new Map<string, Shelf>();
const shelfKey = ({ category, q }: Wanted): string => JSON.stringify([category, q]);

export const shelfOf = (wanted: Wanted): Shelf | undefined => shelves.get(shelfKey(wanted));

/** Reads the first page, or the one after what is there. */
export async function readShelf(wanted: Wanted, after?: Shelf): Promise<Answer<Shelf>> {
  const parameters = Object.entries({ ...wanted, limit: String(PAGE_UNITS), cursor: after?.nextCursor ?? "" });
  const query = new URLSearchParams(parameters.filter(([, value]) => value !== ""));
  const answer = await ask<ProductList>(`/v1/products?${query}`);
  if (!answer.ok) return answer;
  const shelf: Shelf = {
    products: [...(after?.products ?? []), ...answer.value.data],
    nextCursor: answer.value.next_cursor,
  };
  shelves.set(shelfKey(wanted), shelf);
  for (const product of answer.value.data) seen.set(product.sku, product);
  return { ok: true, value: shelf, etag: undefined };
}

const seen = new Map<string, Product>();

/** A product as it was last seen in any answer; good enough to draw a page with until the product itself is here. */
export const lastSeen = (sku: string): Product | undefined => seen.get(sku);

export async function readProduct(sku: string, signal?: AbortSignal): Promise<Answer<Product>> {
  const answer = await ask<Product>(`/v1/products/${encodeURIComponent(sku)}`, { signal });
  if (answer.ok) seen.set(sku, answer.value);
  return answer;
}

/** All that is sold beside a product: its variants have the same `product_id`, and the rest is worth a look. */
export async function readNeighbours({ category }: Product): Promise<readonly Product[]> {
  const query = new URLSearchParams({ category, limit: String(MOST_PER_PAGE) });
  const answer = await ask<ProductList>(`/v1/products?${query}`);
  if (!answer.ok) return [];
  for (const product of answer.value.data) seen.set(product.sku, product);
  return answer.value.data;
}
