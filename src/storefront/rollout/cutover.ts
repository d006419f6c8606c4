import type { Hono, MiddlewareHandler, Next } from "hono";
import type * as z from "zod";
import { BUCKETS } from "../../domain/guard/bucket.ts";
import { isOnNewPath, type Lease } from "../../domain/guard/lease.ts";
import { LIMITS } from "../../domain/limits.ts";
import { unreachable } from "../../domain/result.ts";
import { readBytes } from "../../platform/http.ts";
import { idempotencyKeyOf } from "../../platform/idempotency.ts";
import { log } from "../../platform/log.ts";
import { keyedOrderId } from "../cart-id.ts";
import type { C, StorefrontContext } from "../context.ts";
import { dependencyUnavailable } from "../failures.ts";
import { isEdgeCart, legacyPath, PAYMENT_KEY_HEADER, paymentKey, visitorIn } from "../legacy.ts";
import { problem } from "../problem.ts";
import type { acceptedSchema } from "../schemas.ts";
import { onNewPath, operationKey, problemIn, sampleOf } from "./edge.ts";
import { handOver } from "./hand-over.ts";
import { drop, leaseOn } from "./leases.ts";
import { mirror, wantsMirror } from "./mirror.ts";
import { writePoint } from "./points.ts";
import { type Route, readsOf, routeOf } from "./paths.ts";
import { isLoop, proxyToLegacy } from "./proxy.ts";
import { note, type Trial } from "./reports.ts";
import { takeWebhook } from "./webhook.ts";

type Guarded = Extract<Route, { kind: "guarded" }>;

/**
 * The strangler-fig: decides for every request whether the shop or the monolith behind it answers. `app` is the storefront itself, which mirrored requests
 * go through. Without a monolith this costs one comparison.
 */
export function cutOver(app: Hono<StorefrontContext>): MiddlewareHandler<StorefrontContext> {
  return async function cutOverRequest(c, next) {
    if (c.env.LEGACY_ORIGIN === "") return next();
    if (isLoop(c.req.raw.headers)) {
      return problem(c, "loop_detected", "This request has been here before: LEGACY_ORIGIN leads back to this shop.");
    }
    const route = routeOf(c.req.method, c.req.path, readsOf(c.env));
    switch (route.kind) {
      case "here":
        return next();
      case "legacy":
        return proxyToLegacy(c);
      case "hidden":
        return problem(c, "not_found", `Nothing is served at ${c.req.method} ${c.req.path}.`);
      case "ours":
        await next();
        return followMove(c, route.cartId, undefined);
      case "webhook":
        return takeWebhook(c);
      case "guarded":
        return guarded(c, next, app, route);
      default:
        return unreachable(route);
    }
  };
}

const deferrer =
  (c: C) =>
  (work: Promise<unknown>): void =>
    c.executionCtx.waitUntil(work);

async function guarded(c: C, next: Next, app: Hono<StorefrontContext>, route: Guarded): Promise<Response | undefined> {
  const began = Date.now();
  const lease = await leaseOn(c.env, route.flag, deferrer(c));
  const isOurs = route.cartId === undefined || isEdgeCart(route.cartId);
  if (!isOurs || !(await isForNewPath(c, lease, route))) {
    const answer = await safely(c, app, route, lease, undefined);
    if (answer) return answer;
    c.set("fence", { key: lease.key, epoch: lease.epoch });
    await next();
    return undefined;
  }
  // Kept, because the monolith may have to do it after all.
  const body = await readBytes(c.req.raw, LIMITS.bodyBytes);
  if (body === undefined) return problem(c, "body_too_large", `The body may have at most ${LIMITS.bodyBytes} bytes.`);
  c.req.raw = withBody(c.req.raw, body);
  const key = operationKey(c, body, route.cartId, began);
  const outcome = await onNewPath(c, next, lease);
  const tell = (trial: Trial): void => note(c.env, route.flag, lease.epoch, trial, deferrer(c));
  writePoint(c, { flag: route.flag, arm: "edge", outcome: outcome.kind, share: lease.share, began });
  switch (outcome.kind) {
    case "ok":
      tell({ kind: "ok" });
      return undefined;
    case "neutral":
      return followMove(c, route.cartId, body);
    case "stale":
      drop(lease);
      return orHere(c, next, await safely(c, app, route, lease, body));
    case "definite_fail":
      tell({ kind: "error", sample: sampleOf(c, outcome, { key, began }) });
      log("warn", "path_failed", { flag: route.flag, epoch: lease.epoch, request_id: c.get("requestId"), ...outcome });
      return orHere(c, next, await safely(c, app, route, lease, body));
    case "indefinite":
      tell({ kind: "error", sample: sampleOf(c, outcome, { key, began }) });
      log("error", "path_indefinite", {
        flag: route.flag,
        epoch: lease.epoch,
        request_id: c.get("requestId"),
        ...outcome,
      });
      return replaced(c, await accepted(c, route));
    default:
      return unreachable(outcome);
  }
}

/** A cart of ours stays here for as long as the path is open at all; new carts, and checkouts, go by the share. */
async function isForNewPath(c: C, lease: Lease, { flag, cartId }: Guarded): Promise<boolean> {
  if (lease.share === 0) return false;
  if (lease.share === BUCKETS || (flag === "cart.write" && cartId !== undefined)) return true;
  return isOnNewPath(lease, cartId ?? (await subjectOf(c)));
}

/** Who a new cart is for, if it is said. Otherwise chance decides, once: from then on the cart's id does. */
async function subjectOf(c: C): Promise<string> {
  const body = await readBytes(c.req.raw.clone(), LIMITS.bodyBytes);
  return visitorIn(body) ?? idempotencyKeyOf(c.req.raw.headers) ?? crypto.randomUUID();
}

/** The safe path: the monolith, with our cart handed over first when it is one of ours. */
async function safely(
  c: C,
  app: Hono<StorefrontContext>,
  route: Guarded,
  lease: Lease,
  body: Uint8Array | undefined,
): Promise<Response | undefined> {
  const began = Date.now();
  const kept = body ?? (lease.mirrored ? await readBytes(c.req.raw.clone(), LIMITS.bodyBytes) : undefined);
  const done = await atLegacy(c, route.cartId, body);
  if (!done) return undefined;
  const { answer, isJustMoved } = done;
  const isFailed = answer.status >= 500;
  writePoint(c, { flag: route.flag, arm: "legacy", outcome: isFailed ? "failed" : "ok", share: lease.share, began });
  note(c.env, route.flag, lease.epoch, { kind: "safe" }, deferrer(c));
  if (wantsMirror(lease, kept)) {
    const mirrored = { flag: route.flag, cartId: route.cartId, isJustMoved, body: kept, answer: answer.clone() };
    const told = mirror(c, app, mirrored).then(
      (trial) => trial && note(c.env, route.flag, lease.epoch, trial, deferrer(c)),
    );
    deferrer(c)(told.catch((error: unknown) => log("warn", "mirror_failed", { error: String(error) })));
  }
  return answer;
}

interface AtLegacy {
  readonly answer: Response;
  /** The cart is ours and was handed over for this very request. */
  readonly isJustMoved: boolean;
}

/** `undefined`: the cart is in a checkout that began here, and has been answered here. */
async function atLegacy(c: C, cartId: string | undefined, body: Uint8Array | undefined): Promise<AtLegacy | undefined> {
  if (cartId === undefined || !isEdgeCart(cartId)) {
    return { answer: await proxyToLegacy(c, { body }), isJustMoved: false };
  }
  try {
    const owner = await handOver(c, cartId);
    if (owner.at === "edge") return undefined;
    const { pathname, search } = new URL(c.req.url);
    const path = legacyPath(pathname, cartId, owner.id) + search;
    const answer = await proxyToLegacy(c, { path, body, headers: await paymentHeaders(c, cartId) });
    return { answer, isJustMoved: owner.isNew };
  } catch (error) {
    log("error", "hand_over_failed", { cartId, request_id: c.get("requestId"), error: String(error) });
    return { answer: dependencyUnavailable(c), isJustMoved: false };
  }
}

async function paymentHeaders(c: C, cartId: string): Promise<Record<string, string>> {
  const key = idempotencyKeyOf(c.req.raw.headers);
  if (key === undefined || !c.req.path.endsWith("/checkout")) return {};
  return { [PAYMENT_KEY_HEADER]: paymentKey(await keyedOrderId(c.env.CART_KEY_SECRET, cartId, key)) };
}

/** A cart that turned out to be the monolith's by now is answered there; whoever still has its old name notices nothing. */
async function followMove(
  c: C,
  cartId: string | undefined,
  body: Uint8Array | undefined,
): Promise<Response | undefined> {
  if (cartId === undefined || c.res.status !== 409) return undefined;
  if ((await problemIn(c.res)).code !== "cart_moved") return undefined;
  return replaced(c, (await atLegacy(c, cartId, body))?.answer);
}

/** What is done is not known, so nobody does it again. What was begun is finished by the objects themselves, and found under the same key. */
async function accepted(c: C, { flag, cartId }: Guarded): Promise<Response> {
  const key = idempotencyKeyOf(c.req.raw.headers);
  const isCheckout = flag === "checkout.write" && cartId !== undefined && key !== undefined;
  const orderId = isCheckout ? await keyedOrderId(c.env.CART_KEY_SECRET, cartId, key) : undefined;
  const detail =
    "The request was taken in and what became of it is not known yet. Send it again under the same Idempotency-Key.";
  const headers: Record<string, string> = { "retry-after": "2" };
  if (orderId !== undefined) headers["location"] = `/v1/orders/${orderId}`;
  const ids = { cart_id: cartId, order_id: orderId, request_id: c.get("requestId") };
  const body: z.infer<typeof acceptedSchema> = { status: "accepted", detail, ...ids };
  return Response.json(body, { status: 202, headers });
}

/** Without an answer of the monolith's, the request is about a checkout that began here: what was answered here holds. */
async function orHere(c: C, next: Next, answer: Response | undefined): Promise<undefined> {
  if (answer) return replaced(c, answer);
  if (!c.finalized) await next();
  return undefined;
}

/** Puts another answer in place of the one that was made here, and keeps what lets a browser of another origin read it. */
function replaced(c: C, answer: Response | undefined): undefined {
  if (!answer) return undefined;
  const own = [...c.res.headers].filter(([name]) => name.startsWith("access-control-") || name === "vary");
  const merged = new Response(answer.body, answer);
  for (const [name, value] of own) if (!merged.headers.has(name)) merged.headers.set(name, value);
  c.res = undefined;
  c.res = merged;
  return undefined;
}

/** The same request around bytes that were read from it. */
const withBody = (request: Request, body: Uint8Array): Request =>
  body.byteLength === 0 && !request.body
    ? request
    : new Request(request.url, { method: request.method, headers: request.headers, body });
