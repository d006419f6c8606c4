import * as z from "zod";
import { LIMITS } from "../domain/limits.ts";
import { amountProblem, currencyProblem } from "../domain/psp-money.ts";
import type { Page } from "./page.ts";
import { money, time } from "./context.ts";

const DESCRIPTION_CHARS = 5_000;
const text = (max: number) => z.string().max(max);
const amount = z.int("must be a whole number of minor units").min(0).max(LIMITS.priceMinorUnits);
const moneySchema = z.strictObject({
  amount,
  currency: z.string().regex(/^[A-Z]{3}$/, "must be an ISO 4217 code such as USD"),
});

/** What a product is made of. The SKU is in the path. */
export const productSchema = z
  .strictObject({
    name: text(LIMITS.nameChars).min(1),
    product_id: text(LIMITS.skuChars).min(1).optional(),
    category: text(LIMITS.nameChars).min(1),
    brand: text(LIMITS.nameChars).min(1),
    description: text(DESCRIPTION_CHARS).default(""),
    price: moneySchema,
    compare_at_price: moneySchema.optional(),
    cost: moneySchema.optional(),
    image: text(LIMITS.urlChars).default(""),
    status: z.enum(["active", "archived"]).default("active"),
  })
  .check(({ value, issues }) => {
    const { price, compare_at_price: before, cost } = value;
    const refuse = (path: string[], message: string) => issues.push({ code: "custom", path, message, input: value });
    const [otherUnits, unchargeable] = [currencyProblem(price.currency), amountProblem(price)];
    if (otherUnits !== undefined) refuse(["price", "currency"], otherUnits);
    if (unchargeable !== undefined) refuse(["price", "amount"], unchargeable);
    if (before && before.amount <= price.amount) refuse(["compare_at_price", "amount"], "must be more than the price");
    if (before && before.currency !== price.currency) refuse(["compare_at_price", "currency"], "must be the price's");
    if (cost && cost.currency !== price.currency) refuse(["cost", "currency"], "must be the price's");
  });
export type ProductInput = z.output<typeof productSchema>;

interface ProductRow {
  readonly sku: string;
  readonly product_id: string;
  readonly name: string;
  readonly category: string;
  readonly brand: string;
  readonly description: string;
  readonly price: number;
  readonly compare_at_price: number | null;
  readonly cost: number | null;
  readonly currency: string;
  readonly image: string;
  readonly status: "active" | "archived";
  readonly updated_at: number;
}

export async function findProduct(db: D1Database, sku: string): Promise<ProductRow | null> {
  return db.prepare("SELECT * FROM products WHERE sku = ?").bind(sku).first<ProductRow>();
}

export async function listProducts(db: D1Database, { limit, after }: Page<string>): Promise<ProductRow[]> {
  const statement = db.prepare("SELECT * FROM products WHERE sku > ? ORDER BY sku LIMIT ?");
  return (await statement.bind(after ?? "", limit + 1).all<ProductRow>()).results;
}

/** Writes the product as it is given: what is left out goes back to its default. Says whether it is new, and what its status was. */
export async function putProduct(
  db: D1Database,
  sku: string,
  input: ProductInput,
  now: number,
): Promise<{ product: ProductRow; created: boolean; before: ProductRow["status"] | undefined }> {
  const before = await findProduct(db, sku);
  const product = await db
    .prepare(
      `INSERT INTO products (sku, product_id, name, category, brand, description, price, compare_at_price, cost, currency,
         image, status, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (sku) DO UPDATE SET product_id = excluded.product_id, name = excluded.name, category = excluded.category,
         brand = excluded.brand, description = excluded.description, price = excluded.price,
         compare_at_price = excluded.compare_at_price, cost = excluded.cost, currency = excluded.currency,
         image = excluded.image, status = excluded.status, updated_at = excluded.updated_at
       RETURNING *`,
    )
    .bind(
      sku,
      input.product_id ?? before?.product_id ?? sku,
      input.name,
      input.category,
      input.brand,
      input.description,
      input.price.amount,
      input.compare_at_price?.amount ?? null,
      input.cost?.amount ?? null,
      input.price.currency,
      input.image,
      input.status,
      now,
    )
    .first<ProductRow>();
  if (!product) throw new Error(`product ${sku} was written but not returned`);
  return { product, created: before === null, before: before?.status };
}

export async function archiveProduct(db: D1Database, sku: string, now: number): Promise<ProductRow | null> {
  return db
    .prepare("UPDATE products SET status = 'archived', updated_at = ? WHERE sku = ? RETURNING *")
    .bind(now, sku)
    .first<ProductRow>();
}

export const productView = (row: ProductRow) => ({
  sku: row.sku,
  product_id: row.product_id,
  name: row.name,
  category: row.category,
  brand: row.brand,
  description: row.description,
  price: money(row.price, row.currency),
  ...(row.compare_at_price !== null && { compare_at_price: money(row.compare_at_price, row.currency) }),
  ...(row.cost !== null && { cost: money(row.cost, row.currency) }),
  image: row.image,
  status: row.status,
  updated_at: time(row.updated_at),
});
