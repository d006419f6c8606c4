import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import { createMiddleware } from "hono/factory";
import type { C, StorefrontContext } from "../context.ts";

const PREFLIGHT_MAX_AGE_S = 86_400;

/** Answers are data, and the reference page runs only scripts of our own; nothing may frame either. */
const secureOwnAnswers = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'self'"],
    imgSrc: ["'self'", "data:"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    frameAncestors: ["'none'"],
  },
  crossOriginResourcePolicy: "cross-origin",
});

/** What the monolith answers is passed on as it is: its pages run its own scripts. */
export const secured = createMiddleware<StorefrontContext>(async function secureUnlessProxied(c, next) {
  await next();
  if (c.get("isProxied") !== true) await secureOwnAnswers(c, async () => {});
});

/** Carts carry no cookies: their id is the capability, so credentials are never allowed across origins. */
export const crossOrigin = cors({
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
