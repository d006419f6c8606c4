import { useEffect, useState } from "preact/hooks";
import { reasonOf } from "../api/client.ts";
import type { Product } from "../api/shapes.ts";
import { lastSeen, readNeighbours, readProduct } from "./read.ts";

/** How often the number of units is looked at while the page is looked at, in ms. The shop's own copy is at most a second old. */
const LOOK_EVERY_MS = 4_000;

export interface ProductView {
  readonly product: Product | undefined;
  readonly isUnknown: boolean;
  readonly trouble: string | undefined;
}

/** The product, drawn at once from any list that had it, and kept up to date. */
export function useProduct(sku: string): ProductView {
  const [view, setView] = useState<ProductView>({ product: lastSeen(sku), isUnknown: false, trouble: undefined });
  useEffect(() => {
    const leaving = new AbortController();
    setView({ product: lastSeen(sku), isUnknown: false, trouble: undefined });
    const look = async (): Promise<void> => {
      const answer = await readProduct(sku, leaving.signal);
      if (leaving.signal.aborted) return;
      if (answer.ok) return setView({ product: answer.value, isUnknown: false, trouble: undefined });
      const isUnknown = answer.reason === "problem" && answer.problem.code === "unknown_product";
      setView(({ product }) => ({ product, isUnknown, trouble: reasonOf(answer) }));
    };
    void look();
    const timer = setInterval(() => document.visibilityState === "visible" && void look(), LOOK_EVERY_MS);
    return () => {
      clearInterval(timer);
      leaving.abort();
    };
  }, [sku]);
  return view.product === undefined || view.product.sku === sku ? view : { ...view, product: lastSeen(sku) };
}

/** What shares the product's category; empty until it is here. */
export function useNeighbours(product: Product | undefined): readonly Product[] {
  const [neighbours, setNeighbours] = useState<readonly Product[]>([]);
  const category = product?.category;
  useEffect(() => {
    let isHere = true;
    if (product) void readNeighbours(product).then((found) => isHere && setNeighbours(found));
    return () => {
      isHere = false;
    };
    // The list belongs to the category: a fresh copy of the product does not ask for it again.
  }, [category]);
  return neighbours;
}
