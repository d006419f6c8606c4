import { Hono } from "hono";
import { bodyProblem, readJson } from "../../platform/http.ts";
import { tellSlice } from "../analytics/product-news.ts";
import { archiveProduct, findProduct, listProducts, productSchema, productView, putProduct } from "../catalog.ts";
import { extraOf, type OpsBindings, type OpsContext, parameter, problem, skuSchema } from "../context.ts";
import { paged, pageOf } from "../page.ts";

export const productRoutes = new Hono<OpsBindings>();

productRoutes.get("/", async (c) => {
  const page = pageOf(c, skuSchema);
  if (page instanceof Response) return page;
  const rows = await listProducts(c.env.DB, page);
  return c.json(paged(rows, page.limit, (row) => row.sku, productView));
});

productRoutes.get("/:sku", async (c) => {
  const sku = parameter(c, "sku", c.req.param("sku"), skuSchema);
  if (sku instanceof Response) return sku;
  const row = await findProduct(c.env.DB, sku.value);
  return row ? c.json(productView(row)) : unknownProduct(c, sku.value);
});

productRoutes.put("/:sku", async (c) => {
  const sku = parameter(c, "sku", c.req.param("sku"), skuSchema);
  if (sku instanceof Response) return sku;
  const body = await readJson(c.req.raw, productSchema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  const { product, created, before } = await putProduct(c.env.DB, sku.value, body.value, Date.now());
  if (product.status === "archived" || before === "archived") c.executionCtx.waitUntil(tellSlice(c.env, product));
  return c.json(productView(product), created ? 201 : 200);
});

productRoutes.post("/:sku/archive", (c) => archive(c, c.req.param("sku")));
productRoutes.delete("/:sku", (c) => archive(c, c.req.param("sku")));

/** Products are never deleted: orders name them. An archived one can no longer be bought. */
async function archive(c: OpsContext, given: string): Promise<Response> {
  const sku = parameter(c, "sku", given, skuSchema);
  if (sku instanceof Response) return sku;
  const row = await archiveProduct(c.env.DB, sku.value, Date.now());
  if (!row) return unknownProduct(c, sku.value);
  c.executionCtx.waitUntil(tellSlice(c.env, row));
  return c.json(productView(row));
}

export const unknownProduct = (c: OpsContext, sku: string): Response =>
  problem(c, 404, "unknown_product", "Unknown product", `The catalog has no product ${sku}.`);
