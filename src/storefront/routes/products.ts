import { Hono } from "hono";
import { validator } from "hono-openapi";
import type * as z from "zod";
import { skuSchema, listProductsSchema, productListSchema, productSchema } from "../schemas.ts";
import { validationProblem } from "../../platform/http.ts";
import { Catalog } from "../catalog/catalog.ts";
import type { CatalogItem } from "../catalog/read.ts";
import type { C, StorefrontContext } from "../context.ts";
import { documented } from "../openapi.ts";
import { extraOf, problem } from "../problem.ts";

export const products = new Hono<StorefrontContext>()
  .get(
    "/",
    documented({
      summary: "List products",
      description: "Active products in the order of their SKUs. `available` is a few seconds old at most.",
      tag: "Products",
      answers: { 200: { description: "A page of products", schema: productListSchema } },
      problems: ["validation_failed"],
    }),
    validator("query", listProductsSchema, (result, c: C) => {
      if (result.success) return undefined;
      const errors = result.error.map(({ path = [], message }) => ({
        parameter: path.map((part) => String(typeof part === "object" ? part.key : part)).join("."),
        detail: message,
      }));
      return validationProblem(errors, extraOf(c));
    }),
    async (c) => {
      const { q, category, cursor, limit } = c.req.valid("query");
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      if (cursor !== undefined && after === undefined) {
        const errors = [{ parameter: "cursor", detail: "not a cursor of this list" }];
        return validationProblem(errors, extraOf(c));
      }
      const page = await catalogOf(c).page({ q, category, after, limit });
      const body: z.infer<typeof productListSchema> = {
        data: page.items.map((item) => renderProduct(item, item.available, item.stockAsOf)),
        next_cursor: page.nextCursor === null ? null : btoa(page.nextCursor),
      };
      return c.json(body, 200, { "cache-control": "public, max-age=2" });
    },
  )
  .get(
    "/:sku",
    documented({
      summary: "Get a product",
      tag: "Products",
      answers: { 200: { description: "The product, archived ones included", schema: productSchema } },
      problems: ["unknown_product"],
    }),
    async (c) => {
      const sku = skuSchema.safeParse(c.req.param("sku"));
      const catalog = catalogOf(c);
      const item = sku.success ? await catalog.item(sku.data) : null;
      if (!item) return problem(c, "unknown_product", "There is no product with this SKU.");
      const { available, asOf } = await catalog.available(item.sku);
      return c.json(renderProduct(item, available, asOf), 200, { "cache-control": "public, max-age=1" });
    },
  );

export const catalogOf = (c: C): Catalog =>
  new Catalog(c.env, { url: c.req.url, later: (work) => c.executionCtx.waitUntil(work) });

function renderProduct(item: CatalogItem, available: number, asOf: number | null): z.infer<typeof productSchema> {
  const money = (amount: number) => ({ amount, currency: item.currency });
  return {
    sku: item.sku,
    product_id: item.productId,
    name: item.name,
    category: item.category,
    brand: item.brand,
    description: item.description,
    price: money(item.price),
    ...(item.compareAtPrice === null ? {} : { compare_at_price: money(item.compareAtPrice) }),
    image: item.image,
    available: item.status === "active" ? available : 0,
    available_as_of: asOf === null ? null : new Date(asOf).toISOString(),
    status: item.status,
  };
}

function decodeCursor(cursor: string): string | undefined {
  try {
    const sku = skuSchema.safeParse(atob(cursor));
    return sku.success ? sku.data : undefined;
  } catch {
    return undefined;
  }
}
