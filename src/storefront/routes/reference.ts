import { Hono } from "hono";
import { html } from "hono/html";
import { openAPIRouteHandler } from "hono-openapi";
import { catalogCounters } from "../catalog/catalog.ts";
import type { StorefrontContext } from "../context.ts";
import { PROBLEMS } from "../problem.ts";

const INFO = {
  title: "Breakwater storefront",
  version: "1.0.0",
  description:
    "Carts and checkout at the edge. Money is integer minor units; errors are RFC 9457 problems whose `code` is stable; every change of a cart or an order honours `Idempotency-Key`.",
};

/** The library's own 400 for what fails validation is nothing that this API answers. */
const SPECS = { documentation: { openapi: "3.1.0", info: INFO }, defaultValidationErrorResponse: false };

/** The document, the page that shows it, what each problem means, and whether this Worker is up. */
export function reference(documented: Hono<StorefrontContext>): Hono<StorefrontContext> {
  return new Hono<StorefrontContext>()
    .get("/openapi.json", openAPIRouteHandler(documented, SPECS))
    .get("/docs", (c) => c.html(referencePage()))
    .get("/problems", (c) => c.json(PROBLEMS))
    .get("/problems/:code", (c) => {
      const code = c.req.param("code");
      const known = Object.entries(PROBLEMS).find(([name]) => name === code)?.[1];
      // Codes of the admin API and the webhooks are theirs; the reference says where they come from.
      return c.json({ code, ...known, reference: "/docs" });
    })
    .get("/healthz", (c) => c.json({ status: "ok", worker: "storefront", caches: catalogCounters() }))
    .get("/", (c) =>
      c.json({ name: INFO.title, reference: "/docs", openapi: "/openapi.json", products: "/v1/products" }),
    );
}

/** Swagger UI from our own assets: nothing is loaded from elsewhere, so the page works offline and under a strict policy. */
function referencePage() {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${INFO.title}: reference</title>
        <link rel="icon" href="/vendor/swagger-ui/favicon-32x32.png" />
        <link rel="stylesheet" href="/vendor/swagger-ui/swagger-ui.css" />
      </head>
      <body>
        <div id="reference"></div>
        <script src="/vendor/swagger-ui/swagger-ui-bundle.js"></script>
        <script src="/reference.js"></script>
      </body>
    </html>`;
}
