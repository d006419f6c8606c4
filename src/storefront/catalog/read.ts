import type { Quote } from "../../domain/cart.ts";

/** A product as D1 holds it; amounts in minor units, `stockAsOf` in UTC ms or null when no stock fact has arrived yet. */
export interface CatalogItem {
  readonly sku: string;
  readonly productId: string;
  readonly name: string;
  readonly category: string;
  readonly brand: string;
  readonly description: string;
  readonly price: number;
  readonly compareAtPrice: number | null;
  readonly currency: string;
  readonly image: string;
  readonly status: "active" | "archived";
  readonly available: number;
  readonly stockAsOf: number | null;
}

export interface CatalogPage {
  readonly items: readonly CatalogItem[];
  readonly nextCursor: string | null;
}

export interface CatalogQuery {
  readonly q?: string | undefined;
  readonly category?: string | undefined;
  /** SKU after which the page begins. */
  readonly after?: string | undefined;
  readonly limit: number;
}

const COLUMNS = `p.sku, p.product_id AS productId, p.name, p.category, p.brand, p.description, p.price,
  p.compare_at_price AS compareAtPrice, p.currency, p.image, p.status,
  coalesce(s.on_hand - s.reserved, 0) AS available, s.as_of AS stockAsOf
  FROM products p LEFT JOIN stock_levels s ON s.sku = p.sku`;

export async function readItem(db: D1Database, sku: string): Promise<CatalogItem | null> {
  return db.prepare(`SELECT ${COLUMNS} WHERE p.sku = ?`).bind(sku).first<CatalogItem>();
}

/** Letters beyond ASCII that one search folds; an alphabet has fewer. D1 takes a hundred parameters, two a letter, and nests a hundred deep. */
const FOLDED_MAX = 40;

/** Active products in the order of their SKUs. `q` is matched anywhere in name, brand or SKU, whatever the case (not by LIKE: D1 limits
 * its patterns to 50 bytes). */
export async function readPage(db: D1Database, query: CatalogQuery): Promise<CatalogPage> {
  const wanted = (query.q ?? "").toLowerCase();
  const capitals = capitalsOf(wanted);
  const folded = (column: string): string =>
    capitals.reduce((sql, _, i) => `replace(${sql}, ?${2 * i + 5}, ?${2 * i + 6})`, `lower(${column})`);
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS}
       WHERE p.status = 'active' AND p.sku > ?1 AND (?2 = '' OR p.category = ?2)
         AND (?3 = '' OR instr(${folded("p.name")}, ?3) OR instr(${folded("p.brand")}, ?3) OR instr(lower(p.sku), ?3))
       ORDER BY p.sku LIMIT ?4`,
    )
    .bind(query.after ?? "", query.category ?? "", wanted, query.limit + 1, ...capitals.flat())
    .all<CatalogItem>();
  const items = results.slice(0, query.limit);
  const last = items.at(-1);
  return { items, nextCursor: results.length > query.limit && last ? last.sku : null };
}

/**
 * Letters of a text in lower case that `lower` cannot make of their capitals, since in SQLite it knows ASCII only; each with its capital before it. Those
 * that are searched for suffice: no other letter of a name decides whether it is found.
 */
function capitalsOf(text: string): (readonly [capital: string, letter: string])[] {
  const letters = [...new Set(text)].filter((letter) => letter > "\x7f" && letter.toUpperCase() !== letter);
  return letters.slice(0, FOLDED_MAX).map((letter) => [letter.toUpperCase(), letter]);
}

/** What the catalog asks for these SKUs right now; one that is unknown or archived is missing. One statement for any number. */
export async function readQuotes(db: D1Database, skus: readonly string[]): Promise<Quote[]> {
  const { results } = await db
    .prepare(
      `SELECT sku, name, price AS unitPrice, currency FROM products
       WHERE status = 'active' AND sku IN (SELECT value FROM json_each(?))`,
    )
    .bind(JSON.stringify(skus))
    .all<Quote>();
  return results;
}
