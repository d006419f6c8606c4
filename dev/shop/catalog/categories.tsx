import { useEffect, useRef } from "preact/hooks";
import { toShop } from "../routing/route.ts";
import { CATEGORIES } from "./category-names.ts";

interface CategoriesProps {
  readonly current: string;
  /** A search goes on in the category that is chosen. */
  readonly q: string;
}

/** One row that scrolls sideways where it does not fit; the chosen one is brought into view. */
export function Categories({ current, q }: CategoriesProps) {
  const row = useRef<HTMLElement>(null);
  useEffect(() => {
    const chosen = row.current?.querySelector<HTMLElement>("[aria-current]");
    if (!row.current || !chosen) return;
    row.current.scrollLeft = chosen.offsetLeft - (row.current.clientWidth - chosen.clientWidth) / 2;
  }, [current]);
  return (
    <nav class="categories" aria-label="Categories" ref={row}>
      {Object.entries({ "": "All", ...CATEGORIES }).map(([id, name]) => (
        <a key={id} href={toShop(id, q)} aria-current={id === current ? "true" : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}
