import { useEffect } from "preact/hooks";
import { Notice } from "../layout/notice.tsx";
import { toShop } from "../routing/route.ts";
import { useShop } from "../shop-context.ts";
import { listProperties } from "../tracking/commerce.ts";
import { Categories } from "./categories.tsx";
import { nameOfCategory } from "./category-names.ts";
import { familiesOf, leadOf } from "./families.ts";
import { Hero } from "./hero.tsx";
import { ProductCard } from "./product-card.tsx";
import { type ShelfView, useShelf } from "./use-shelf.ts";

interface ShopPageProps {
  readonly category: string;
  readonly q: string;
}

export function ShopPage({ category, q }: ShopPageProps) {
  const view = useShelf({ category, q });
  const heading = q !== "" ? `Results for “${q}”` : category !== "" ? nameOfCategory(category) : "Everything";
  const isHome = q === "" && category === "";
  useEffect(() => {
    document.title = isHome ? "Breakwater" : `${heading} · Breakwater`;
  }, [heading, isHome]);
  useListTracking(view, category);
  return (
    <>
      {isHome && <Hero />}
      <Categories current={category} q={q} />
      <section aria-labelledby="shelf-heading" aria-busy={view.isReading}>
        <ShelfHeading text={heading} isHome={isHome} />
        <Products view={view} q={q} level={isHome ? 3 : 2} />
      </section>
    </>
  );
}

function ShelfHeading({ text, isHome }: { readonly text: string; readonly isHome: boolean }) {
  const Heading = isHome ? "h2" : "h1";
  return (
    <Heading id="shelf-heading" class="shelf-heading">
      {text}
    </Heading>
  );
}

const PLACEHOLDERS = Array.from({ length: 8 }, (_, at) => at);

interface ProductsProps {
  readonly view: ShelfView;
  readonly q: string;
  readonly level: 2 | 3;
}

function Products({ view, q, level }: ProductsProps) {
  const { shelf, isReading, trouble, readMore } = view;
  if (!shelf && trouble !== undefined) {
    return (
      <Notice tone="bad" title="The shelves could not be read">
        <p>{trouble}</p>
        <button type="button" class="button" onClick={readMore}>
          Try again
        </button>
      </Notice>
    );
  }
  if (!shelf) {
    return (
      <div class="grid" aria-hidden="true">
        {PLACEHOLDERS.map((at) => (
          <div key={at} class="card-placeholder" />
        ))}
      </div>
    );
  }
  if (shelf.products.length === 0) {
    return (
      <div class="empty">
        <p>{q === "" ? "Nothing on this shelf yet." : "Nothing goes by that name."}</p>
        <a class="button button-quiet" href={toShop()}>
          See everything
        </a>
      </div>
    );
  }
  return (
    <>
      <ul class="grid">
        {familiesOf(shelf.products).map((family) => (
          <li key={family.id}>
            <ProductCard family={family} level={level} />
          </li>
        ))}
      </ul>
      {trouble !== undefined && <Notice tone="bad">{trouble}</Notice>}
      {shelf.nextCursor !== null && (
        <button type="button" class="button button-quiet more" disabled={isReading} onClick={readMore}>
          {isReading ? "One moment …" : "Show more"}
        </button>
      )}
    </>
  );
}

/** Once for each page of the list that comes on screen. */
function useListTracking({ shelf }: ShelfView, category: string): void {
  const { tracker } = useShop();
  const count = shelf?.products.length ?? 0;
  useEffect(() => {
    if (!shelf || count === 0) return;
    const leads = familiesOf(shelf.products).map(leadOf);
    tracker.track("Product List Viewed", listProperties(category === "" ? "all" : category, category, leads));
  }, [count, category, tracker]);
}
