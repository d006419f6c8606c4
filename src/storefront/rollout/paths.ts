import type { PathFlag } from "../../domain/guard/definitions.ts";
import { isEdgeCart, isEdgeOrder } from "../legacy.ts";

/** A write that a flag decides about. The group of the pattern is the cart's id; without one the request makes a new cart. */
interface GuardedPath {
  readonly flag: PathFlag;
  readonly methods: readonly string[];
  readonly pattern: RegExp;
}

/**
 * Which requests each flag decides about, written exactly as their routes are: what matches here and has no route is answered by the monolith, and its
 * answers must not count as the new path's. Another write path is another row here and another entry in src/domain/guard/definitions.ts.
 */
const GUARDED: readonly GuardedPath[] = [
  { flag: "cart.write", methods: ["POST"], pattern: /^\/v1\/carts$/ },
  { flag: "cart.write", methods: ["POST"], pattern: /^\/v1\/carts\/([^/]+)\/lines$/ },
  { flag: "cart.write", methods: ["PATCH", "DELETE"], pattern: /^\/v1\/carts\/([^/]+)\/lines\/[^/]+$/ },
  { flag: "cart.write", methods: ["PUT"], pattern: /^\/v1\/carts\/([^/]+)\/customer$/ },
  { flag: "checkout.write", methods: ["POST"], pattern: /^\/v1\/carts\/([^/]+)\/checkout$/ },
];

const WEBHOOK = { flag: "payment.webhook", path: "/webhooks/stripe" } as const;
const OF_CART = /^\/v1\/carts\/([^/]+)/;
const OF_ORDER = /^\/v1\/orders\/([^/]+)/;
/** The monolith's side of the adapter; nobody outside may call it through us. */
const INTERNAL = /^\/_breakwater(?:\/|$)/;

export type Route =
  /** Answered here, whatever the flags say. */
  | { readonly kind: "here" }
  /** The monolith's: still read there, or kept there by the id's own word. */
  | { readonly kind: "legacy" }
  | { readonly kind: "hidden" }
  /** A cart or order of ours: it stays where it was made. */
  | { readonly kind: "ours"; readonly cartId: string | undefined }
  | { readonly kind: "guarded"; readonly flag: PathFlag; readonly cartId: string | undefined }
  | { readonly kind: "webhook"; readonly flag: typeof WEBHOOK.flag };

/** Who is to answer this request, as far as method, path and ids say so. `reads`: what is still read from the monolith. */
export function routeOf(method: string, path: string, reads: readonly string[]): Route {
  if (INTERNAL.test(asLenientlyRead(path))) return { kind: "hidden" };
  if (path === WEBHOOK.path && method === "POST") return { kind: "webhook", flag: WEBHOOK.flag };
  for (const { flag, methods, pattern } of GUARDED) {
    const match = methods.includes(method) ? pattern.exec(path) : null;
    if (match) return guardedRoute(flag, match[1]);
  }
  const cartId = OF_CART.exec(path)?.[1];
  if (cartId !== undefined && method !== "OPTIONS")
    return isEdgeCart(cartId) ? { kind: "ours", cartId } : { kind: "legacy" };
  const orderId = OF_ORDER.exec(path)?.[1];
  if (orderId !== undefined && method !== "OPTIONS") {
    return isEdgeOrder(orderId) ? { kind: "ours", cartId: undefined } : { kind: "legacy" };
  }
  const isRead = method === "GET" || method === "HEAD";
  return isRead && reads.some((read) => isBelow(path, read)) ? { kind: "legacy" } : { kind: "here" };
}

/** As servers read a path that are not strict about it: decoded, `\\` as `/`, slashes in a row as one, dots resolved, in lower case. */
function asLenientlyRead(path: string): string {
  // All but `?` and `#`, which would end the path here and do not there.
  const decoded = path.replace(/%(?!23|3f)([0-9a-f]{2})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return new URL(`http://any${decoded.replace(/[\\/]+/g, "/")}`).pathname.toLowerCase();
}

function guardedRoute(flag: PathFlag, cartId: string | undefined): Route {
  return { kind: "guarded", flag, cartId };
}

const isBelow = (path: string, read: string): boolean =>
  path === read || (read !== "/" && path.startsWith(read.endsWith("/") ? read : `${read}/`));

export const readsOf = (env: Pick<StorefrontEnv, "LEGACY_READS">): string[] =>
  env.LEGACY_READS.split(/\s+/).filter((read) => read !== "");
