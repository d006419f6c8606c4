import { createMiddleware } from "hono/factory";
import { clientOf } from "../../platform/client.ts";
import { log } from "../../platform/log.ts";
import type { StorefrontContext } from "../context.ts";
import { problem } from "../problem.ts";

/** The binding counts in periods of a minute, so that is how long a refused client waits at most. */
const RETRY_AFTER_S = "60";

/**
 * Limits each client on its own. The count is kept by the platform per location, not in an isolate's memory and not per API key, where all
 * shoppers would share it. A limiter that fails must not close the shop.
 */
export const limitClient = createMiddleware<StorefrontContext>(async (c, next) => {
  if (c.env.CLIENT_RATE_LIMIT !== "off" && !(await isWithinLimit(c.env, clientOf(c.req.raw.headers)))) {
    const detail = "This client sent too many requests; wait before the next one.";
    return problem(c, "rate_limited", detail, {}, { "retry-after": RETRY_AFTER_S });
  }
  await next();
  return undefined;
});

async function isWithinLimit(env: StorefrontEnv, client: string): Promise<boolean> {
  try {
    return (await env.CLIENT_LIMIT.limit({ key: client })).success;
  } catch (error) {
    log("warn", "rate_limiter_failed", { error: String(error) });
    return true;
  }
}
