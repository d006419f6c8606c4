import { log } from "../platform/log.ts";
import { isPlatformFailure } from "../platform/platform-failure.ts";
import type { C } from "./context.ts";
import { problem } from "./problem.ts";

/** The one place where something thrown becomes a status. */
export function onError(error: Error, c: C): Response {
  const fields = { request_id: c.get("requestId"), path: c.req.path, method: c.req.method, error: error.message };
  if (isPlatformFailure(error)) {
    log("warn", "dependency_unavailable", fields);
    return dependencyUnavailable(c);
  }
  log("error", "request_failed", { ...fields, stack: error.stack });
  return problem(c, "internal_error", "Something went wrong on our side; nothing you sent was at fault.");
}

export function dependencyUnavailable(c: C): Response {
  const { hostname } = new URL(c.req.url);
  const isLocal = hostname === "localhost" || hostname === "127.0.0.1";
  const hint = isLocal ? " Locally, `npm start` runs the storefront together with its objects and services." : "";
  const detail = `A part of the shop that this request needs did not answer; try again shortly.${hint}`;
  return problem(c, "dependency_unavailable", detail, {}, { "retry-after": "2" });
}
