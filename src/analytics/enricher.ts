import { ageMs } from "../domain/age.ts";
import type { ProductFacts, ProductStatus } from "../domain/events/product.ts";
import { POLICIES } from "../domain/pipeline/stages.ts";
import { inTime } from "../platform/in-time.ts";
import { live } from "../platform/live-settings.ts";
import { log } from "../platform/log.ts";
import { meter } from "../platform/meter.ts";

/** `bypass`: the catalog is not asked, and what is not known yet gets defaults that are healed later. */
export type EnricherMode = "primary" | "bypass";

/** Answers of the catalog that are kept in this isolate. How long they are good for is a setting. */
const CACHE_MAX = 20_000;

interface Known {
  readonly facts: ProductFacts;
  readonly loadedAt: number;
}

/** Is told how each look-up ended. */
export interface LookUpWatch {
  done(ms: number): void;
  failed(ms: number, error: unknown): void;
}

type Row = { sku: string; name: string; category: string; brand: string; image: string; status: ProductStatus };

const LOOK_UP = `
  SELECT sku, name, category, brand, image, status FROM products WHERE sku IN (SELECT value FROM json_each(?1))`;

/**
 * Joins what the catalog knows to products that a metric met. Lazy: it is asked once per product and isolate, not per event, and no event waits for it. When it
 * is sick, or bypassed, products go on under defaults; whoever asked asks again later.
 */
export class Enricher {
  readonly #cache = new Map<string, Known>();

  async lookUp(
    db: D1Database,
    skus: readonly string[],
    modeOf: () => EnricherMode,
    now: number,
    watch?: LookUpWatch,
  ): Promise<ProductFacts[]> {
    const missing = skus.filter((sku) => !this.#isFresh(sku, now));
    // What is known asks nobody, so the mode is asked for only when the catalog would be.
    const found = missing.length === 0 ? true : modeOf() === "primary" && (await this.#load(db, missing, now, watch));
    return skus.map((sku) => {
      const known = this.#cache.get(sku);
      // An answer that has expired is still better than none.
      if (known && (found || known.facts.lookUp === "found")) return known.facts;
      return defaultsFor(sku, found ? "unknown" : "bypassed");
    });
  }

  #isFresh(sku: string, now: number): boolean {
    const known = this.#cache.get(sku);
    // By the setting of now: one that is taken back holds for what is remembered, too.
    if (!known || ageMs(known.loadedAt, now) >= live.get("enrichment_s", now) * 1_000) return false;
    meter.add("cache.enrichment.isolate");
    meter.add("cache.enrichment.ageMs", Math.max(0, now - known.loadedAt));
    return true;
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
        const before = this.#cache.get(sku);
        if (before) countRenewal(before, facts, now);
        this.#cache.delete(sku);
        this.#cache.set(sku, { facts, loadedAt: now });
      }
      this.#trim();
      const ms = Date.now() - startedAt;
      meter.add("cache.enrichment.load", skus.length);
      // One question for all of them: each waited as long.
      meter.add("cache.enrichment.loadMs", ms * skus.length);
      watch?.done(ms);
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

/** What was known was too old. Whether it had really changed says how long it might have been kept. */
function countRenewal(before: Known, facts: ProductFacts, now: number): void {
  meter.add("cache.enrichment.renewal");
  meter.add("cache.enrichment.renewalAgeMs", now - before.loadedAt);
  if (JSON.stringify(before.facts) !== JSON.stringify(facts)) meter.add("cache.enrichment.changed");
}

const defaultsFor = (sku: string, lookUp: "unknown" | "bypassed"): ProductFacts => ({
  sku,
  name: sku,
  category: "unknown",
  brand: "unknown",
  image: "",
  lookUp,
});
