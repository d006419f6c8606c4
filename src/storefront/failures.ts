import { log } from "../platform/log.ts";
import type { C } from "./context.ts";
import { problem } from "./problem.ts";

/**
 * What the platform says when an object, a service or D1 is not there: overloaded, restarting, or never started. Everything else that is
 * thrown is a bug of ours.
 */
const PLATFORM_FAILURES = [
  /D1_ERROR/,
  /Network connection lost/i,
  /overloaded/i,
  /internal error; reference/i,
  /Durable Object/i,
  /Couldn't find/i,
  /not (?:found|connected|available)/i,
  /no such (?:table|actor)/i,
];

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

function isPlatformFailure(error: Error): boolean {
  const flagged = ["retryable", "overloaded", "remote"].some((flag) => Reflect.get(error, flag) === true);
  return flagged || PLATFORM_FAILURES.some((pattern) => pattern.test(error.message));
}
