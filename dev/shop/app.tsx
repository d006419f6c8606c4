import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { CartSession } from "./basket/basket.ts";
import { CartPage } from "./basket/cart-page.tsx";
import { ProductPage } from "./catalog/product-page.tsx";
import { ShopPage } from "./catalog/shop-page.tsx";
import { CheckoutPage } from "./checkout/checkout-page.tsx";
import { Footer } from "./layout/footer.tsx";
import { Header } from "./layout/header.tsx";
import { Toast } from "./layout/toast.tsx";
import { OrderPage } from "./order/order-page.tsx";
import { useAddress } from "./routing/navigation.ts";
import { type Route, routeOf, toShop } from "./routing/route.ts";
import { type Announcement, ShopContext } from "./shop-context.ts";
import type { Tracker } from "./tracking/tracker.ts";

/** How long a passing announcement stays, in ms. */
const ANNOUNCED_MS = 5_000;
const PAGE_NAMES = {
  shop: "Shop",
  product: "Product",
  cart: "Cart",
  checkout: "Checkout",
  order: "Order",
  missing: "Not found",
} as const;

export function App({ session, tracker }: { readonly session: CartSession; readonly tracker: Tracker }) {
  const address = useAddress();
  const route = useMemo(() => routeOf(new URL(address)), [address]);
  const [announcement, setAnnouncement] = useState<Announcement>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const announce = useCallback((next: Announcement) => {
    clearTimeout(timer.current);
    setAnnouncement(next);
    timer.current = setTimeout(() => setAnnouncement(undefined), ANNOUNCED_MS);
  }, []);
  const shop = useMemo(() => ({ session, tracker, announce }), [session, tracker, announce]);
  usePageTracking(route, tracker);
  useFocusOnArrival(route.page === "product" ? `product ${route.sku}` : route.page);
  return (
    <ShopContext.Provider value={shop}>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Header route={route} />
      <main id="content" tabIndex={-1} class={`page page-${route.page}`}>
        <Page route={route} />
      </main>
      <Footer />
      <Toast announcement={announcement} onClose={() => setAnnouncement(undefined)} />
    </ShopContext.Provider>
  );
}

function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case "shop":
      return <ShopPage key={`${route.category} ${route.q}`} category={route.category} q={route.q} />;
    case "product":
      return <ProductPage sku={route.sku} />;
    case "cart":
      return <CartPage />;
    case "checkout":
      return <CheckoutPage />;
    case "order":
      return <OrderPage key={route.id} id={route.id} attempt={route.attempt} />;
    case "missing":
      return (
        <section class="empty">
          <h1>There is nothing here</h1>
          <p>The link may be old, or cut short.</p>
          <a class="button" href={toShop()}>
            To the shop
          </a>
        </section>
      );
  }
}

/** One `page` call per page, not per keystroke in the search. */
function usePageTracking(route: Route, tracker: Tracker): void {
  const where = route.page === "product" ? route.sku : route.page === "shop" ? route.category : "";
  useEffect(() => tracker.page(PAGE_NAMES[route.page]), [route.page, where, tracker]);
}

/** A new page is announced by its heading and begins at it; the first page begins where the browser puts it. */
function useFocusOnArrival(page: string): void {
  const isFirst = useRef(true);
  useEffect(() => {
    // Whoever is typing a search goes on typing.
    const isTyping = document.activeElement instanceof HTMLInputElement && document.activeElement.type === "search";
    if (!isFirst.current && !isTyping) document.getElementById("content")?.focus({ preventScroll: true });
    isFirst.current = false;
  }, [page]);
}
