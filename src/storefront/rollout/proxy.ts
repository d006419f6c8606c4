import { log } from "../../platform/log.ts";
import type { C } from "../context.ts";
import type { LegacyCall } from "../legacy.ts";
import { problem } from "../problem.ts";

/** Our name in `Via` (RFC 9110, 7.6.3): a request that already carries it has been here before. */
const PSEUDONYM = "breakwater";
/** Headers by which our own Workers talk to one another. What a client sends under such a name is not passed on. */
const INTERNAL_HEADER = /^x-breakwater-/i;

export const withoutInternal = (headers: Headers): Headers =>
  new Headers([...headers].filter(([name]) => !INTERNAL_HEADER.test(name)));

export function isLoop(headers: Headers): boolean {
  const hops = headers.get("via")?.split(",") ?? [];
  return hops.some((hop) => hop.trim().split(/\s+/)[1]?.toLowerCase() === PSEUDONYM);
}

export interface ProxyOptions {
  /** Path and query at the monolith, when they are not the request's own. */
  readonly path?: string | undefined;
  /** The body, when it has been read; otherwise it is streamed. */
  readonly body?: Uint8Array | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Lets the monolith answer: method, path, query, headers and body as they came, the answer as it comes, streamed both ways. What is added is `Via`, the
 * request's id, and where the request was sent to.
 */
export async function proxyToLegacy(c: C, { path, body, headers = {} }: ProxyOptions = {}): Promise<Response> {
  c.set("isProxied", true);
  c.set("wentToLegacy", true);
  const { raw } = c.req;
  const url = new URL(raw.url);
  const hasBody = raw.method !== "GET" && raw.method !== "HEAD";
  const init: RequestInit = { method: raw.method, headers: forwardedHeaders(c, url, headers) };
  if (hasBody && (body !== undefined || raw.body)) init.body = body ?? raw.body;
  try {
    const response = await legacyCall(c.env)(path ?? url.pathname + url.search, init);
    // Its headers are immutable; ours are added to a copy.
    return new Response(response.body, response);
  } catch (error) {
    c.set("isProxied", false);
    const isLate = error instanceof Error && error.name === "TimeoutError";
    log("error", isLate ? "legacy_timeout" : "legacy_unreachable", {
      request_id: c.get("requestId"),
      path: c.req.path,
      error: String(error),
    });
    return isLate
      ? problem(c, "legacy_timeout", "The shop's backend took too long; what became of the request is not known.")
      : problem(c, "legacy_unreachable", "The shop's backend cannot be reached; try again shortly.", {}, RETRY_SOON);
  }
}

const RETRY_SOON = { "retry-after": "2" };

/** A call of the monolith whose answer has to begin in time; how long its body then takes is its own matter. */
export function legacyCall(env: Pick<StorefrontEnv, "LEGACY_ORIGIN" | "LEGACY_TIMEOUT_MS">): LegacyCall {
  return async (path, init) => {
    const patience = new AbortController();
    const late = new DOMException(`no answer within ${env.LEGACY_TIMEOUT_MS} ms`, "TimeoutError");
    const timer = setTimeout(() => patience.abort(late), Number(env.LEGACY_TIMEOUT_MS));
    try {
      const headers = new Headers(init.headers);
      headers.append("via", `1.1 ${PSEUDONYM}`);
      return await fetch(legacyUrl(path, env.LEGACY_ORIGIN), {
        ...init,
        headers,
        redirect: "manual",
        signal: patience.signal,
      });
    } finally {
      clearTimeout(timer);
    }
  };
}

/**
 * A path at the monolith. Joined as text: resolved against the origin, `//host/` would be another host, which would get the shopper's cookies and whose
 * page would be the shop's.
 */
export function legacyUrl(path: string, legacyOrigin: string): URL {
  if (!path.startsWith("/")) throw new Error("not a path at the monolith");
  return new URL(new URL(legacyOrigin).origin + path);
}

function forwardedHeaders(c: C, url: URL, more: Readonly<Record<string, string>>): Headers {
  const headers = withoutInternal(c.req.raw.headers);
  headers.set("x-request-id", c.get("requestId"));
  headers.set("x-forwarded-host", url.host);
  headers.set("x-forwarded-proto", url.protocol.slice(0, -1));
  const client = headers.get("cf-connecting-ip");
  if (client !== null) headers.set("x-forwarded-for", client);
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  return headers;
}
