import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod";
import { wrangler } from "../wrangler.ts";
import { DATABASE } from "../workers.ts";
import type { AdminClient } from "../admin-client.ts";
import { deliverStock, readCatalog, type DemoCatalog } from "./demo-catalog.ts";
import { localWriteKeys } from "./write-keys.ts";

const seedSchema = z.object({
  shop: z.enum(["own", "loading", "products", "stocked"]),
  /** Whether the local write keys were added; absent in states of before there were any. */
  writeKeys: z.boolean().default(false),
});
type Progress = z.infer<typeof seedSchema>;
type Shop = Exclude<Progress["shop"], "loading">;

const ROWS_PER_INSERT = 20;

export interface Storage {
  readonly config: string;
  readonly storage: string;
  readonly seed: string;
}

function localDatabase({ config, storage }: Storage): string[] {
  return ["-c", config, "--local", "--persist-to", storage];
}

export async function applyMigrations(storage: Storage): Promise<void> {
  const result = await wrangler(["d1", "migrations", "apply", DATABASE, ...localDatabase(storage)]);
  if (result.code !== 0) throw new Error(`the migrations of D1 failed:\n${result.stdout}${result.stderr}`);
}

/** What is in the catalog, and a way to put the demo shop's products there that may be gone twice. */
export interface Catalog {
  readonly count: () => Promise<number>;
  readonly insert: () => Promise<void>;
}

export const localCatalog = (storage: Storage): Catalog => ({
  count: () => countProducts(storage),
  insert: () => insertProducts(readCatalog(), storage),
});

/**
 * Loads the products of the demo shop into an empty catalog, before the Workers run. How far the loading got is written down, so that a
 * start that was interrupted is finished by the next one and a shop of your own is left alone. That they are being loaded is written down before the first of
 * them is there: afterwards nothing would tell them from a shop of your own, which is given no stock.
 */
export async function seedProducts({ seed }: Pick<Storage, "seed">, catalog: Catalog): Promise<Shop> {
  const shop = readProgress(seed)?.shop;
  if (shop !== undefined && shop !== "loading") return shop;
  if (shop === undefined && (await catalog.count()) > 0) {
    writeProgress(seed, { shop: "own", writeKeys: false });
    return "own";
  }
  writeProgress(seed, { shop: "loading", writeKeys: false });
  await catalog.insert();
  writeProgress(seed, { shop: "products", writeKeys: false });
  return "products";
}

/** Adds the write keys that everything local sends events with. Like the products, before the Workers run. */
export async function seedWriteKeys(storage: Storage): Promise<void> {
  const progress = readProgress(storage.seed);
  if (!progress || progress.writeKeys) return;
  const command = localWriteKeys(Date.now());
  const result = await wrangler(["d1", "execute", DATABASE, ...localDatabase(storage), "--yes", "--command", command]);
  if (result.code !== 0) throw new Error(`the write keys could not be added:\n${result.stdout}${result.stderr}`);
  writeProgress(storage.seed, { ...progress, writeKeys: true });
}

/** Puts the demo shop's stock on the shelf through the admin API. */
export async function seedStock(admin: AdminClient, storage: Storage): Promise<number> {
  const total = await deliverStock(admin, readCatalog().products);
  writeProgress(storage.seed, { writeKeys: readProgress(storage.seed)?.writeKeys ?? false, shop: "stocked" });
  return total;
}

/** SKUs to show in examples: the first of each of so many products. */
export function demoSkus(count: number): string[] {
  const byProduct = new Map(
    readCatalog()
      .products.toReversed()
      .map((product) => [product.product_id, product.sku]),
  );
  return [...byProduct.values()].toReversed().slice(0, count);
}

function readProgress(path: string): Progress | undefined {
  return existsSync(path) ? seedSchema.parse(JSON.parse(readFileSync(path, "utf8"))) : undefined;
}

function writeProgress(path: string, progress: Progress): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(progress));
}

const countSchema = z.tuple([z.object({ results: z.tuple([z.object({ products: z.int() })]) })]);

async function countProducts(storage: Storage): Promise<number> {
  const command = "SELECT count(*) AS products FROM products";
  const result = await wrangler(["d1", "execute", DATABASE, ...localDatabase(storage), "--json", "--command", command]);
  if (result.code !== 0) throw new Error(`the catalog could not be read:\n${result.stdout}${result.stderr}`);
  return countSchema.parse(JSON.parse(result.stdout))[0].results[0].products;
}

async function insertProducts({ currency, products }: DemoCatalog, storage: Storage): Promise<void> {
  const rows = products.map((product) => {
    const texts = [product.sku, product.product_id, product.name, product.category, product.brand, product.description];
    const numbers = [product.price, product.compare_at_price ?? "NULL", product.cost ?? "NULL"];
    return `(${[...texts.map(quoted), ...numbers, quoted(currency), quoted(product.image), Date.now()].join(", ")})`;
  });
  const columns =
    "sku, product_id, name, category, brand, description, price, compare_at_price, cost, currency, image, updated_at";
  let sql = "";
  for (let at = 0; at < rows.length; at += ROWS_PER_INSERT) {
    sql += `INSERT OR IGNORE INTO products (${columns}) VALUES\n${rows.slice(at, at + ROWS_PER_INSERT).join(",\n")};\n`;
  }
  const file = join(dirname(storage.config), "products.sql");
  writeFileSync(file, sql);
  const result = await wrangler(["d1", "execute", DATABASE, ...localDatabase(storage), "--yes", "--file", file]);
  if (result.code !== 0) throw new Error(`the demo shop could not be loaded:\n${result.stdout}${result.stderr}`);
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
