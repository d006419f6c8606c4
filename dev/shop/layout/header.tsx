import { unitsIn } from "../basket/state.ts";
import { CART, type Route, toShop } from "../routing/route.ts";
import { useBasket } from "../shop-context.ts";
import { SearchBox } from "./search-box.tsx";

export function Header({ route }: { readonly route: Route }) {
  const units = unitsIn(useBasket());
  return (
    <header class="masthead">
      <div class="masthead-row">
        <a class="wordmark" href={toShop()} aria-label="Breakwater, to the shop">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <circle cx="16" cy="16" r="15" />
            <path d="M4 14q4-4 8 0t8 0 8 0M4 20q4-4 8 0t8 0 8 0" />
          </svg>
          <span>Breakwater</span>
        </a>
        <SearchBox route={route} />
        <a class="cart-link" href={CART} aria-current={route.page === "cart" ? "page" : undefined}>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M5 8h14l-1 12H6zM9 8V6a3 3 0 0 1 6 0v2" />
          </svg>
          <span class="cart-link-text">Cart</span>
          {units > 0 && (
            <span class="cart-count">
              {units}
              <span class="unseen"> {units === 1 ? "item" : "items"}</span>
            </span>
          )}
        </a>
      </div>
    </header>
  );
}
