import type { ProductFacts } from "../domain/events/product.ts";
import { POLICIES } from "../domain/pipeline/stages.ts";
import { inTime } from "../platform/in-time.ts";
import { log } from "../platform/log.ts";

/** `bypass`: the catalog is not asked, and what is not known yet gets defaults that are healed later. */
export type EnricherMode = "primary" | "bypass";

/** How long an answer of the catalog is good for in this isolate, and how many are kept. */
const CACHE_MS = 5 * 60_000;
const CACHE_MAX = 20_000;

/** Is told how each look-up ended. */
export interface LookUpWatch {
  done(ms: number): void;
  failed(ms: number, error: unknown): void;
}

type Row = { sku: string; name: string; category: string; brand: string; image: string };

const LOOK_UP = `
  SELECT sku, name, category, brand, image FROM products WHERE sku IN (SELECT value FROM json_each(?1))`;

/**
 * Joins what the catalog knows to products that a metric met. Lazy: it is asked once per product and isolate, not per event, and no event waits for it. When it
 * is sick, or bypassed, products go on under defaults; whoever asked asks again later.
 */
export class Enricher {
  readonly #cache = new Map<string, { readonly facts: ProductFacts; readonly until: number }>();

  async lookUp(
    db: D1Database,
    skus: readonly string[],
    modeOf: () => EnricherMode,
    now: number,
    watch?: LookUpWatch,
  ): Promise<ProductFacts[]> {
    const missing = skus.filter((sku) => !((this.#cache.get(sku)?.until ?? 0) > now));
    // What is known asks nobody, so the mode is asked for only when the catalog would be.
    const found = missing.length === 0 ? true : modeOf() === "primary" && (await this.#load(db, missing, now, watch));
    return skus.map((sku) => {
      const known = this.#cache.get(sku);
      // An answer that has expired is still better than none.
      if (known && (found || known.facts.lookUp === "found")) return known.facts;
      return defaultsFor(sku, found ? "unknown" : "bypassed");
    });
  }

  /** Whether the catalog answered. */
  async #load(db: D1Database, skus: readonly string[], now: number, watch?: LookUpWatch): Promise<boolean> {
    const startedAt = Date.now();
    try {
      const asked = db.prepare(LOOK_UP).bind(JSON.stringify(skus)).all<Row>();
      const { results } = await inTime(asked, POLICIES.enrich.timeoutMs, "the catalog");
      const rows = new Map(results.map((row) => [row.sku, row]));
      for (const sku of skus) {
        const row = rows.get(sku);
        const facts: ProductFacts = row ? { ...row, lookUp: "found" } : defaultsFor(sku, "unknown");
        this.#cache.delete(sku);
        this.#cache.set(sku, { facts, until: now + CACHE_MS });
      }
      this.#trim();
      watch?.done(Date.now() - startedAt);
      return true;
    } catch (error) {
      watch?.failed(Date.now() - startedAt, error);
      log("warn", "enrichment_bypassed", { skus: skus.length, error: String(error) });
      return false;
    }
  }

  #trim(): void {
    for (const sku of this.#cache.keys()) {
      if (this.#cache.size <= CACHE_MAX) break;
      this.#cache.delete(sku);
    }
  }
}

const defaultsFor = (sku: string, lookUp: "unknown" | "bypassed"): ProductFacts => ({
  sku,
  name: sku,
  category: "unknown",
  brand: "unknown",
  image: "",
  lookUp,
});
