import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { ROOT } from "../../scripts/wrangler.ts";
import { expectStatus, type ShopClient } from "./client.ts";

const CONCURRENT_CALLS = 8;
const catalogSchema = z.object({
  currency: z.string(),
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
      image: z.string(),
      stock: z.int(),
    }),
  ),
});

/** The demo shop's products and stock, put there by an operator. */
export async function stockDemoCatalog(client: ShopClient): Promise<void> {
  const { currency, products } = catalogSchema.parse(JSON.parse(readFileSync(join(ROOT, "dev/catalog.json"), "utf8")));
  const money = (amount: number) => ({ amount, currency });
  const worker = async (): Promise<void> => {
    for (let next = products.pop(); next; next = products.pop()) {
      const { sku, stock, price, compare_at_price: before, ...product } = next;
      const body = {
        ...product,
        price: money(price),
        ...(before === undefined ? {} : { compare_at_price: money(before) }),
      };
      await expectStatus(200, client.admin("PUT", `/admin/v1/products/${sku}`, body), 201);
      const delivery = { delta: stock, reason: "demo shop" };
      if (stock > 0) await expectStatus(200, client.admin("POST", `/admin/v1/stock/${sku}/adjust`, delivery));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_CALLS }, worker));
}
