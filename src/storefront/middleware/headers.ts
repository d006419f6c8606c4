import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import { createMiddleware } from "hono/factory";
import type { C, StorefrontContext } from "../context.ts";

const PREFLIGHT_MAX_AGE_S = 86_400;

/** The reference page runs only scripts of our own, and nothing may frame it. */
const securePages = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'self'"],
    imgSrc: ["'self'", "data:"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    frameAncestors: ["'none'"],
  },
  crossOriginResourcePolicy: "cross-origin",
});

/**
 * Data is neither run nor framed, and that is all there is to say of it: each header of an answer costs a call into the runtime. The list is
 * https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers.
 */
const secureData = secureHeaders({
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  crossOriginResourcePolicy: "cross-origin",
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  referrerPolicy: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: "DENY",
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
  removePoweredBy: false,
});

const DATA_PATH = /^\/(?:v1|ofrep)\//;

/** What the monolith answers is passed on as it is: its pages run its own scripts. */
export const secured = createMiddleware<StorefrontContext>(async function secureUnlessProxied(c, next) {
  await next();
  if (c.get("isProxied") === true) return;
  await (DATA_PATH.test(c.req.path) ? secureData : securePages)(c, async () => {});
});

/** Whoever does not say that it comes from another origin is told little of what other origins may do. */
export const crossOrigin = createMiddleware<StorefrontContext>(async function answerOtherOrigins(c, next) {
  if (c.req.header("origin") !== undefined || c.req.method === "OPTIONS") return allowOrigins(c, next);
  await next();
  // On the answer itself: Hono's own way makes another answer for each header that is added to one.
  const { headers } = c.res;
  // A cache may keep this answer for those who come from elsewhere.
  if (c.env.CORS_ORIGINS.split(" ").includes("*")) headers.set("access-control-allow-origin", "*");
  headers.append("vary", "Origin");
  return undefined;
});

/** Carts carry no cookies: their id is the capability, so credentials are never allowed across origins. */
const allowOrigins = cors({
  origin: (origin, c: C) => {
    const allowed = c.env.CORS_ORIGINS.split(" ");
    return allowed.includes("*") ? "*" : allowed.includes(origin) ? origin : null;
  },
  allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
  allowHeaders: [
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Prefer",
    "X-Request-Id",
    "Authorization",
  ],
  exposeHeaders: ["ETag", "Location", "Retry-After", "Idempotency-Replayed", "Preference-Applied", "X-Request-Id"],
  maxAge: PREFLIGHT_MAX_AGE_S,
});
