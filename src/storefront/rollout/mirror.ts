import type { Hono } from "hono";
import { bucketOf, isInside } from "../../domain/guard/bucket.ts";
import type { PathFlag } from "../../domain/guard/definitions.ts";
import { fingerprintOfParts } from "../../domain/fingerprint.ts";
import type { Lease } from "../../domain/guard/lease.ts";
import { LIMITS } from "../../domain/limits.ts";
import { log } from "../../platform/log.ts";
import { keyedCartId } from "../cart-id.ts";
import type { C, StorefrontContext } from "../context.ts";
import { cartIdIn, comparable, isEdgeCart } from "../legacy.ts";
import { leaseOn } from "./leases.ts";
import type { Trial } from "./reports.ts";

/** A request that the monolith has answered, to be computed by the new path as well. */
export interface Mirrored {
  readonly flag: PathFlag;
  /** The cart's id as the request names it. */
  readonly cartId: string | undefined;
  /** Whether it is a cart of ours that was handed over for this very request: what the monolith worked on is then what is here. */
  readonly isJustMoved: boolean;
  readonly body: Uint8Array;
  /** A copy of the monolith's answer. */
  readonly answer: Response;
}

const DETAIL_CHARS = 300;

/** Whether this cart's requests are mirrored: all of them or none, or the copy would not have what the cart has. */
export const isMirroredCart = (env: Pick<StorefrontEnv, "MIRROR_SHARE">, legacyId: string): boolean =>
  isInside(bucketOf("mirror", legacyId), Number(env.MIRROR_SHARE));

/**
 * Lets the new path compute the same request on a dry copy of the cart and compares the two answers. The copy tells nobody anything, and a checkout of it
 * reserves and charges nothing. `undefined`: there is nothing to compare, because there is no copy that is known to have what the monolith's cart has.
 */
export async function mirror(
  c: C,
  app: Hono<StorefrontContext>,
  { flag, cartId, isJustMoved, body, answer }: Mirrored,
): Promise<Trial | undefined> {
  // Both refusing is agreement, but a path that refuses everything must not collect evidence with it.
  if (answer.status >= 300) return undefined;
  const theirs: unknown = await answer.json().catch(() => undefined);
  const legacyId = cartId ?? cartIdIn(theirs);
  if (legacyId === undefined || !isMirroredCart(c.env, legacyId)) return undefined;
  const copy = isEdgeCart(legacyId) ? movedCart(flag, legacyId, isJustMoved) : await copyOf(c, legacyId);
  if (copy === undefined) return undefined;
  const ours = await app.fetch(requestFor(c, { cartId, copy, body }), dryEnv(c), c.executionCtx);
  const known: unknown = await ours.json().catch(() => undefined);
  if (ours.status === 404) return undefined;
  const [expected, actual] = [comparable(flag, theirs), comparable(flag, known)];
  if (expected !== undefined && expected === actual) return { kind: "parity" };
  const detail = `the monolith answered ${expected ?? answer.status}, the new path ${actual ?? ours.status}`;
  log("warn", "mirror_differs", { flag, requestId: c.get("requestId"), detail });
  return { kind: "error", sample: differenceOf(c, detail.slice(0, DETAIL_CHARS), ours.status) };
}

/**
 * A cart of ours changes here no more once it was handed over: it refuses every change, which says nothing about the path. What it would come to can be
 * computed for as long as the monolith's has not been changed either.
 */
const movedCart = (flag: PathFlag, id: string, isJustMoved: boolean): string | undefined =>
  flag === "checkout.write" && isJustMoved ? id : undefined;

/**
 * The dry copy of a cart of the monolith's. Copies are kept up while `cart.write` is mirrored, and what happens to a cart between two of its shadows passes
 * its copy by: so each epoch has copies of its own.
 */
async function copyOf(c: C, legacyId: string): Promise<string | undefined> {
  const { mirrored, epoch } = await leaseOn(c.env, "cart.write", (work) => c.executionCtx.waitUntil(work));
  return mirrored ? keyedCartId(c.env.CART_KEY_SECRET, "mirror", `${epoch}\n${legacyId}`) : undefined;
}

function requestFor(
  c: C,
  { cartId, copy, body }: { cartId: string | undefined; copy: string; body: Uint8Array },
): Request {
  const url = new URL(c.req.url);
  url.pathname = cartId === undefined ? "/v1/carts" : c.req.path.replace(`/${cartId}`, `/${copy}`);
  const headers = new Headers(c.req.raw.headers);
  // Of the copy's own version nobody knows, and its replies are nobody's.
  for (const name of ["if-match", "idempotency-key"]) headers.delete(name);
  if (cartId === undefined) headers.set("x-breakwater-copy", copy);
  headers.set("idempotency-key", crypto.randomUUID());
  return new Request(url, { method: c.req.method, headers, ...(c.req.method !== "DELETE" && { body }) });
}

/** The storefront as it is without a monolith, and without effects. */
const dryEnv = (c: C): StorefrontContext["Bindings"] => ({
  ...c.env,
  LEGACY_ORIGIN: "",
  CLIENT_RATE_LIMIT: "off",
  DRY_RUN: true,
});

const differenceOf = (c: C, detail: string, status: number) => ({
  key: fingerprintOfParts(["mirror", c.get("requestId"), c.req.path]),
  at: Date.now(),
  outcome: "mismatch" as const,
  status,
  code: "parity",
  detail,
  requestId: c.get("requestId"),
  latencyMs: 0,
});

/** A safe lease is mirrored for nobody. */
export const wantsMirror = (lease: Lease, body: Uint8Array | undefined): body is Uint8Array =>
  lease.mirrored && body !== undefined && body.byteLength <= LIMITS.bodyBytes;
