/** What the address says: the screen, and what lies open on it. In the address, so that it can be sent to a colleague and the back button closes it. */
export interface Route {
  readonly screen: string;
  readonly open: { readonly kind: "product"; readonly sku: string } | { readonly kind: "operator" | "rules" } | null;
}

/** `#/live`, `#/live/product/SKU`, `#/live/operator`, `#/live/rules`; anything else is the first screen. */
export function readRoute(hash: string): Route {
  const [, screen = "", kind, sku] = hash.split("/");
  if (kind === "operator" || kind === "rules") return { screen, open: { kind } };
  if (kind === "product" && sku) return { screen, open: { kind, sku: decoded(sku) } };
  return { screen, open: null };
}

export function writeRoute({ screen, open }: Route): string {
  if (!open) return `#/${screen}`;
  return open.kind === "product" ? `#/${screen}/product/${encodeURIComponent(open.sku)}` : `#/${screen}/${open.kind}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
