import { createMiddleware } from "hono/factory";
import { requestIdOf } from "../../platform/http.ts";
import type { StorefrontContext } from "../context.ts";

/** One id per request: accepted or made here, echoed, and carried through every message that the request causes. */
export const requestId = createMiddleware<StorefrontContext>(async (c, next) => {
  const id = requestIdOf(c.req.raw.headers);
  c.set("requestId", id);
  await next();
  c.res.headers.set("x-request-id", id);
});
