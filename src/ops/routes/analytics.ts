import { Hono } from "hono";
import { etag } from "hono/etag";
import * as z from "zod";
import { LIMITS } from "../../domain/limits.ts";
import { PRODUCT_SORTS } from "../../domain/live.ts";
import { callObject } from "../../platform/object-call.ts";
import { boardOf, silentProblem } from "../analytics/board.ts";
import { type OpsBindings, type OpsContext, parameter, problem } from "../context.ts";
import { paged, pageOf } from "../page.ts";

/** The board over HTTP, for whoever polls or scripts. Figures are at most a quarter of a second old when they are answered. */
export const analyticsRoutes = new Hono<OpsBindings>();

analyticsRoutes.use(
  // There is no personal data in these, so a browser may keep them as long as it asks each time whether they still hold.
  async function allowRevalidation(c, next) {
    await next();
    c.header("cache-control", "private, no-cache");
  },
  etag(),
);

const snapshotOf = (c: OpsContext) => callObject(() => boardOf(c.env).snapshot());

analyticsRoutes.get("/snapshot", async (c) => c.json(await snapshotOf(c)));

analyticsRoutes.get("/funnel", async (c) => {
  const { day, funnel } = await snapshotOf(c);
  return c.json({ day, ...funnel });
});

analyticsRoutes.get("/abandonment", async (c) => {
  const { day, totals } = await snapshotOf(c);
  return c.json({ day, ...totals.abandoned });
});

analyticsRoutes.get("/freshness", async (c) => {
  const { freshness, alert_book, shards, slices } = await snapshotOf(c);
  return c.json({ ...freshness, alert_book, shards, slices });
});

analyticsRoutes.get("/minutes", async (c) => c.json({ data: (await snapshotOf(c)).minutes }));

analyticsRoutes.get("/ledger", async (c) => {
  const reply = await callObject(() => boardOf(c.env).ledger());
  if (!reply.ok) return silentProblem(c, reply);
  const { ledger, stale } = reply.value;
  return c.json({ ...ledger, ...(stale.length > 0 && { stale }) });
});

const sortSchema = z.enum(PRODUCT_SORTS, `must be one of ${PRODUCT_SORTS.join(", ")}`).default("trend");
const textSchema = z.string().max(LIMITS.searchChars).default("");
const keySchema = z.tuple([z.number(), z.string().max(LIMITS.skuChars)]);

/** All products that anything was counted of. The figures move while somebody pages, so a product may be on two pages or on none. */
analyticsRoutes.get("/products", async (c) => {
  const sort = parameter(c, "sort", c.req.query("sort"), sortSchema);
  if (sort instanceof Response) return sort;
  const q = parameter(c, "q", c.req.query("q"), textSchema);
  if (q instanceof Response) return q;
  const page = pageOf(c, keySchema);
  if (page instanceof Response) return page;
  const query = { sort: sort.value, q: q.value, after: page.after, rows: page.limit + 1 };
  const reply = await callObject(() => boardOf(c.env).products(query));
  if (!reply.ok) return silentProblem(c, reply);
  return c.json(
    paged(
      reply.value,
      page.limit,
      ({ key }) => key,
      ({ row }) => row,
    ),
  );
});

/** A SKU as shoppers' browsers sent it, which need not be one of the catalog. */
const seenSkuSchema = z.string().min(1).max(LIMITS.skuChars);

analyticsRoutes.get("/products/:sku", async (c) => {
  const sku = parameter(c, "sku", c.req.param("sku"), seenSkuSchema);
  if (sku instanceof Response) return sku;
  const reply = await callObject(() => boardOf(c.env).product(sku.value));
  if (!reply.ok) return silentProblem(c, reply);
  if (reply.value) return c.json(reply.value);
  return problem(c, 404, "unknown_product", "Unknown product", "Nothing was counted of such a SKU.");
});
