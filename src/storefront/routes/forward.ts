import { Hono } from "hono";
import type { C, StorefrontContext } from "../context.ts";
import { catalogOf } from "./products.ts";

/** Sends the request on as it is, body untouched (a signature covers its bytes), with our id for it. */
function forward(c: C, service: Fetcher): Promise<Response> {
  const request = new Request(c.req.raw);
  request.headers.set("x-request-id", c.get("requestId"));
  return service.fetch(request);
}

/** An answer of another Worker has immutable headers; ours are added to a copy. */
const own = (response: Response): Response => new Response(response.body, response);

/** What other Workers own. The storefront stays the one public door. */
export const forwarded = new Hono<StorefrontContext>()
  .all("/webhooks/stripe", async (c) => own(await forward(c, c.env.PAYMENTS)))
  .all("/admin/*", async (c) => {
    const response = await forward(c, c.env.OPS);
    const sku = changedSku(c.req.method, c.req.path);
    if (sku !== undefined && response.ok) await catalogOf(c).forget(sku);
    return own(response);
  });

/** The product or stock that an admin request has just changed, so that whoever changed it sees it at once. */
function changedSku(method: string, path: string): string | undefined {
  if (method === "GET") return undefined;
  return /^\/admin\/v1\/(?:products|stock)\/([^/]+)/.exec(path)?.[1];
}
