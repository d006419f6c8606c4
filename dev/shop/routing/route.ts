/**
 * Every page has a path that is also a file (`/cart` is `cart.html`, a copy of the one shell), so that reloading and sharing a link work
 * without a rule that answers unknown paths with a page: such a rule would swallow paths of the API and of the console.
 */
export const PAGES = ["", "product", "cart", "checkout", "order"] as const;

export type Route =
  | { readonly page: "shop"; readonly category: string; readonly q: string }
  | { readonly page: "product"; readonly sku: string }
  | { readonly page: "cart" }
  | { readonly page: "checkout" }
  /** `attempt`: back from the bank, which was given a link before the order had an id. */
  | { readonly page: "order"; readonly id: string; readonly attempt: string }
  | { readonly page: "missing" };

export function routeOf({ pathname, searchParams }: URL): Route {
  const of = (name: string): string => searchParams.get(name) ?? "";
  switch (pathname.replace(/\/$|\.html$/, "")) {
    case "":
    case "/index":
      return { page: "shop", category: of("category"), q: of("q") };
    case "/product":
      return of("sku") === "" ? { page: "missing" } : { page: "product", sku: of("sku") };
    case "/cart":
      return { page: "cart" };
    case "/checkout":
      return { page: "checkout" };
    case "/order":
      return { page: "order", id: of("id"), attempt: of("attempt") };
    default:
      return { page: "missing" };
  }
}

export function pathOf(route: Exclude<Route, { page: "missing" }>): string {
  const { page, ...parameters } = route;
  const given = Object.entries(parameters).filter(([, value]) => value !== "");
  const query = new URLSearchParams(given).toString();
  return `/${page === "shop" ? "" : page}${query === "" ? "" : `?${query}`}`;
}

export const toShop = (category: string = "", q: string = ""): string => pathOf({ page: "shop", category, q });
export const toProduct = (sku: string): string => pathOf({ page: "product", sku });
export const toOrder = (id: string): string => pathOf({ page: "order", id, attempt: "" });
export const CART = pathOf({ page: "cart" });
export const CHECKOUT = pathOf({ page: "checkout" });
