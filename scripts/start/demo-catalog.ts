import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { AdminClient } from "../admin-client.ts";
import { ROOT } from "../wrangler.ts";

const catalogSchema = z.object({
  currency: z.string().length(3),
  products: z.array(
    z.object({
      sku: z.string(),
      product_id: z.string(),
      name: z.string(),
      category: z.string(),
      brand: z.string(),
      description: z.string(),
      price: z.int(),
      compare_at_price: z.int().optional(),
      cost: z.int().optional(),
      image: z.string(),
      stock: z.int(),
    }),
  ),
});
export type DemoCatalog = z.infer<typeof catalogSchema>;
type DemoProduct = DemoCatalog["products"][number];

const CONCURRENT_CALLS = 8;
/** As many as a list has at most. */
const PAGE = 100;
const productsSchema = z.object({ data: z.array(z.object({ sku: z.string() })) });

export function readCatalog(): DemoCatalog {
  return catalogSchema.parse(JSON.parse(readFileSync(join(ROOT, "dev/catalog.json"), "utf8")));
}

/**
 * Puts the demo shop's products and stock into a shop through its admin API, and says how many. A product is written as a whole, so only
 * where nothing is sold but the demo shop's own; what an interrupted run left is completed by the next one.
 */
export async function loadDemoShop(admin: AdminClient): Promise<number> {
  const { currency, products } = readCatalog();
  const stranger = await findOther(admin, new Set(products.map(({ sku }) => sku)));
  if (stranger !== undefined) {
    throw new Error(`the catalog has products of its own (${stranger}), and the demo shop is not put beside them`);
  }
  await eachOf(products, ({ sku, stock: _stock, price, compare_at_price: before, cost, ...product }) =>
    admin.put(`/admin/v1/products/${encodeURIComponent(sku)}`, {
      ...product,
      price: { amount: price, currency },
      ...(before !== undefined && { compare_at_price: { amount: before, currency } }),
      ...(cost !== undefined && { cost: { amount: cost, currency } }),
    }),
  );
  await deliverStock(admin, products);
  return products.length;
}

/** Each delivery has a key of its own, so one that is repeated within a day adds nothing. Says how many products there are units of. */
export async function deliverStock(admin: AdminClient, products: readonly DemoProduct[]): Promise<number> {
  const stocked = products.filter(({ stock }) => stock > 0);
  await eachOf(stocked, ({ sku, stock }) =>
    admin.post(
      `/admin/v1/stock/${encodeURIComponent(sku)}/adjust`,
      { delta: stock, reason: "demo shop" },
      `seed:${sku}`,
    ),
  );
  return stocked.length;
}

/** A SKU in the catalog that is none of these. They are fewer than a page, so the first page has another if there is one. */
async function findOther(admin: AdminClient, own: ReadonlySet<string>): Promise<string | undefined> {
  if (own.size >= PAGE) throw new Error("the demo shop has outgrown a page of products");
  const { data } = await admin.get(`/admin/v1/products?limit=${PAGE}`, productsSchema);
  return data.find(({ sku }) => !own.has(sku))?.sku;
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  // One iterator shared by all lanes: each takes the next item when it is done with its last.
  const rest = items.values();
  const lane = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: CONCURRENT_CALLS }, lane));
}
