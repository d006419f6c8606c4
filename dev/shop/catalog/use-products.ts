import { useEffect, useState } from "preact/hooks";
import type { Product } from "../api/shapes.ts";
import { lastSeen, readProduct } from "./read.ts";

/** The products behind some lines: their pictures, and what can be had of each. A product that cannot be read is missing. */
export function useProducts(skus: readonly string[]): ReadonlyMap<string, Product> {
  const list = [...new Set(skus)].toSorted().join(" ");
  const [products, setProducts] = useState<ReadonlyMap<string, Product>>(() => known(list));
  useEffect(() => {
    let isHere = true;
    const leaving = new AbortController();
    const read = list.split(" ").flatMap((sku) => (sku === "" ? [] : [readProduct(sku, leaving.signal)]));
    void Promise.all(read).then(() => isHere && setProducts(known(list)));
    return () => {
      isHere = false;
      leaving.abort();
    };
  }, [list]);
  return products;
}

function known(list: string): ReadonlyMap<string, Product> {
  const found = list.split(" ").map((sku) => [sku, lastSeen(sku)] as const);
  return new Map(found.flatMap(([sku, product]) => (product ? [[sku, product] as const] : [])));
}
