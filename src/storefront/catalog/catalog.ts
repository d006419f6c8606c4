import { ageMs } from "../../domain/age.ts";
import type { Quote } from "../../domain/cart.ts";
import { availableUnits } from "../../domain/stock.ts";
import { inTime } from "../../platform/in-time.ts";
import { log } from "../../platform/log.ts";
import { callObject } from "../../platform/object-call.ts";
import { LayeredCache, type Visit } from "./cache.ts";
import { type CatalogItem, type CatalogPage, type CatalogQuery, readItem, readPage, readQuotes } from "./read.ts";

/** While D1 does not answer, the shop goes on with what it said last, for so long in ms. */
const OUTAGE_MS = 10 * 60_000;
/** A checkout waits so long for its prices. */
const QUOTES_MS = 5_000;
/** So old may a price be that is billed: as old as one that is shown (decision 0004), counted from when D1 was last heard. */
const SETTLED_MS = 7_000;
/** Names and prices may be this old while a shopper browses; a checkout reads them fresh. */
const items = new LayeredCache<CatalogItem | null>({
  name: "catalog_item",
  isolateTtlMs: 1_000,
  staleMs: OUTAGE_MS,
  maxEntries: 5_000,
  versionOf: (item) => (item ? versionOf(item) : ""),
});
const pages = new LayeredCache<CatalogPage>({
  name: "catalog_page",
  isolateTtlMs: 1_000,
  staleMs: OUTAGE_MS,
  maxEntries: 500,
  versionOf: (page) => page.items.map(versionOf).join("\n"),
});
/** Stock shown for one product is asked from the Stock object itself, at most once a second and isolate. */
const LEVEL_TTL_MS = 1_000;
const LEVELS_MAX = 5_000;
const levels = new Map<string, { readonly available: number; readonly asOf: number }>();

/** Without its stock: that changes with every sale, says how old it is, and is asked for anew where it matters. */
const versionOf = (item: CatalogItem): string => JSON.stringify({ ...item, available: 0, stockAsOf: null });

export const catalogCounters = () => ({ items: { ...items.counters }, pages: { ...pages.counters } });

/** The catalog as one request sees it. */
export class Catalog {
  readonly #env: StorefrontEnv;
  readonly #visit: Visit;

  constructor(env: StorefrontEnv, visit: Visit) {
    this.#env = env;
    this.#visit = visit;
  }

  item(sku: string): Promise<CatalogItem | null> {
    return items.get(sku, () => readItem(this.#env.DB, sku), this.#visit);
  }

  page(query: CatalogQuery): Promise<CatalogPage> {
    return pages.get(JSON.stringify(query), () => readPage(this.#env.DB, query), this.#visit);
  }

  /**
   * Prices for a checkout, straight from D1. When D1 is down those that it said right before are used, because a sale beats a refusal; one that may have been
   * changed since it was read is no price, and the checkout is refused like any that D1 is needed for.
   */
  async quotes(skus: readonly string[]): Promise<Quote[]> {
    try {
      const quotes = await inTime(readQuotes(this.#env.DB, skus), QUOTES_MS, "the catalog");
      items.heard(Date.now());
      return quotes;
    } catch (error) {
      log("warn", "catalog_unavailable", { error: String(error) });
      const now = Date.now();
      const last = skus.map((sku) => items.lastWord(sku, SETTLED_MS, now));
      if (last.includes(undefined)) throw error;
      return last.flatMap((item) => (item?.status === "active" ? [quoteOf(item)] : []));
    }
  }

  /** Units of a SKU that can be reserved, at most a second old. */
  async available(sku: string): Promise<{ readonly available: number; readonly asOf: number }> {
    const now = Date.now();
    const known = levels.get(sku);
    if (known && ageMs(known.asOf, now) < LEVEL_TTL_MS) return known;
    const level = await callObject(() => this.#env.STOCK.getByName(sku).level(sku));
    const current = { available: availableUnits(level), asOf: Date.now() };
    if (levels.size >= LEVELS_MAX) levels.clear();
    levels.set(sku, current);
    return current;
  }

  /** After a change through this front door, so that who made it sees it. */
  forget(sku: string): Promise<void> {
    levels.delete(sku);
    return items.forget(sku, this.#visit);
  }
}

export function quoteOf(item: CatalogItem): Quote {
  return { sku: item.sku, name: item.name, unitPrice: item.price, currency: item.currency };
}
