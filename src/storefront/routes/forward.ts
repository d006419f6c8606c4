import { Hono } from "hono";
import type { C, StorefrontContext } from "../context.ts";
import { dependencyUnavailable } from "../failures.ts";
import { withoutInternal } from "../rollout/proxy.ts";
import { catalogOf } from "./products.ts";

/** Sends the request on as it is, body untouched (a signature covers its bytes), with our id for it and without what only our own Workers may say. */
async function forward(c: C, service: Fetcher): Promise<Response> {
  const request = new Request(c.req.raw, { headers: withoutInternal(c.req.raw.headers) });
  request.headers.set("x-request-id", c.get("requestId"));
  const response = answerOf(c, await service.fetch(request));
  // An answer of another Worker has immutable headers; ours are added to a copy. A socket is handed on as it is.
  if (response.webSocket) {
    return new Response(null, { status: 101, headers: response.headers, webSocket: response.webSocket });
  }
  return new Response(response.body, response);
}

/** A 503 of ours is a problem. Another one is the development runtime's: the service is not running. */
export function answerOf(c: C, response: Response): Response {
  if (response.status !== 503) return response;
  const isOurs = response.headers.get("content-type")?.startsWith("application/") ?? false;
  return isOurs ? response : dependencyUnavailable(c);
}

/** What other Workers own. The storefront stays the one public door. */
export const forwarded = new Hono<StorefrontContext>()
  .all("/webhooks/stripe", (c) => forward(c, c.env.PAYMENTS))
  .all("/admin/*", async (c) => {
    const response = await forward(c, c.env.OPS);
    const sku = changedSku(c.req.method, c.req.path);
    if (sku !== undefined && response.ok) await catalogOf(c).forget(sku);
    return response;
  });

/** The product or stock that an admin request has just changed, so that whoever changed it sees it at once. */
function changedSku(method: string, path: string): string | undefined {
  if (method === "GET") return undefined;
  return /^\/admin\/v1\/(?:products|stock)\/([^/]+)/.exec(path)?.[1];
}
