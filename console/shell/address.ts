/** What the address says: the screen, and what lies open on it. In the address, so that it can be sent to a colleague and the back button closes it. */
export interface Route {
  readonly screen: string;
  readonly open:
    | { readonly kind: "product"; readonly sku: string }
    | { readonly kind: "flag"; readonly key: string }
    | { readonly kind: "operator" | "rules" }
    | null;
}

/** `#/live`, `#/live/product/SKU`, `#/live/operator`, `#/live/rules`, `#/rollout/flag/KEY`; anything else is the first screen. */
export function readRoute(hash: string): Route {
  const [, screen = "", kind, name] = hash.split("/");
  if (kind === "operator" || kind === "rules") return { screen, open: { kind } };
  if (kind === "product" && name) return { screen, open: { kind, sku: decoded(name) } };
  if (kind === "flag" && name) return { screen, open: { kind, key: decoded(name) } };
  return { screen, open: null };
}

export function writeRoute({ screen, open }: Route): string {
  if (!open) return `#/${screen}`;
  switch (open.kind) {
    case "product":
      return `#/${screen}/product/${encodeURIComponent(open.sku)}`;
    case "flag":
      return `#/${screen}/flag/${encodeURIComponent(open.key)}`;
    case "operator":
    case "rules":
      return `#/${screen}/${open.kind}`;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
