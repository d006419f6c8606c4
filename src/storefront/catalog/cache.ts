import { ageMs } from "../../domain/age.ts";
import type { CacheCount, CacheName } from "../../domain/cost/counts.ts";
import { CACHE_SETTING } from "../../domain/cost/caches.ts";
import { inTime } from "../../platform/in-time.ts";
import { live } from "../../platform/live-settings.ts";
import { meter } from "../../platform/meter.ts";

/** Where answers came from since the isolate started. Hit ratio = (isolate + edge) / all. */
export interface CacheCounters {
  isolate: number;
  edge: number;
  origin: number;
  /** The origin failed, and what it had said last was answered. */
  stale: number;
}

interface Entry {
  readonly value: unknown;
  /** UTC ms, of this isolate. */
  readonly at: number;
  /** When the origin answered it. */
  readonly loadedAt: number;
}

export interface LayeredCacheOptions<T> {
  /** For the bill, and for the setting that says how long the edge keeps an entry. */
  readonly name: Extract<CacheName, `catalog_${string}`>;
  readonly isolateTtlMs: number;
  readonly maxEntries: number;
  /** What of a value would be noticed when it is old. */
  readonly versionOf: (value: T) => string;
  /** How old an answer may be while the origin fails. */
  readonly staleMs: number;
}

/** What a request lends to the cache. */
export interface Visit {
  /**
   * Of the request. The edge keeps entries under the hostname that was asked: every other is looked up in the DNS and cached badly
   * (https://developers.cloudflare.com/workers/runtime-apis/cache/). What an entry says does not depend on it.
   */
  readonly url: string;
  /** Keeps the request's context alive for the write to the edge. */
  readonly later: (work: Promise<unknown>) => void;
}

/** Nothing below this path is answered to anybody outside, or passed on to a monolith (`src/storefront/rollout/paths.ts`). */
const EDGE_PATH = "/_breakwater/";
const LOADED_AT = "x-loaded-at";
const PATIENCE_MS = 1_000;

/**
 * A memory of this isolate over the cache of this edge location. Staleness is at most the sum of both lifetimes, unless the origin fails: then it is what this
 * isolate heard last, for `staleMs`. It holds plain values only: a promise made by one request must not be awaited by another, so a stampede of one isolate may load a value more than once.
 */
export class LayeredCache<T> {
  readonly counters: CacheCounters = { isolate: 0, edge: 0, origin: 0, stale: 0 };
  readonly #entries = new Map<string, Entry>();
  /** When the origin last said anything to this isolate, UTC ms. */
  #heardAt = 0;
  readonly #options: LayeredCacheOptions<T>;

  constructor(options: LayeredCacheOptions<T>) {
    this.#options = options;
  }

  /** The value under `key`, loaded when no layer has it. */
  async get(key: string, load: () => Promise<T>, { url, later }: Visit): Promise<T> {
    const now = Date.now();
    const entry = this.#entries.get(key);
    const age = entry ? ageMs(entry.at, now) : Infinity;
    if (entry && age < this.#options.isolateTtlMs) {
      this.#answered("isolate", now - entry.loadedAt);
      // SAFETY: a key is always loaded by the same kind of loader.
      return entry.value as T;
    }
    const edge = await caches.default.match(this.#edgeKey(key, url));
    if (edge) {
      const value = await edge.json<T>();
      const loadedAt = Number(edge.headers.get(LOADED_AT) ?? now);
      this.#answered("edge", now - loadedAt);
      this.#remember(key, value, now, loadedAt);
      return value;
    }
    let value: T;
    try {
      // Whoever has something to say meanwhile does not wait for an origin that hangs.
      value = await (entry ? inTime(load(), PATIENCE_MS, "the catalog") : load());
    } catch (error) {
      // Whoever would change it does so at the origin, so it is hardly wrong yet; an error would be a shop that is closed.
      if (!entry || age > this.#options.staleMs) throw error;
      this.counters.stale++;
      // SAFETY: as above.
      return entry.value as T;
    }
    const loadedAt = Date.now();
    this.heard(loadedAt);
    this.#answered("origin", 0);
    this.#count("loadMs", loadedAt - now);
    if (entry) this.#renewed(entry, value, loadedAt);
    this.#remember(key, value, now, loadedAt);
    const seconds = live.get(CACHE_SETTING[this.#options.name], now);
    const headers = { "cache-control": `max-age=${seconds}`, [LOADED_AT]: String(loadedAt) };
    later(caches.default.put(this.#edgeKey(key, url), Response.json(value, { headers })));
    return value;
  }

  /** The origin answered something else, so whatever it may have changed before, it could have changed by now. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  /**
   * What the origin's silence leaves as true: answers from at most `settledMs` before it was last heard, and at most `staleMs` old. What was known longer before may have been
   * changed while it was well, and only this isolate does not know. Asks nobody; `undefined` when nothing is known so surely.
   */
  lastWord(key: string, settledMs: number, now: number): T | undefined {
    const entry = this.#entries.get(key);
    const isSure = entry && entry.loadedAt >= this.#heardAt - settledMs;
    // SAFETY: a key is always loaded by the same kind of loader.
    return isSure && ageMs(entry.loadedAt, now) <= this.#options.staleMs ? (entry.value as T) : undefined;
  }

  /** Forgets in this isolate, and in this location under the hostname that was asked; elsewhere the lifetimes are the bound. */
  async forget(key: string, { url }: Visit): Promise<void> {
    this.#entries.delete(key);
    await caches.default.delete(this.#edgeKey(key, url));
  }

  /** With the cache's name before the key, so that no key is `.` or another cache's. */
  #edgeKey(key: string, url: string): string {
    return new URL(`${EDGE_PATH}${this.#options.name}:${encodeURIComponent(key)}`, url).href;
  }

  #answered(from: "isolate" | "edge" | "origin", answeredMs: number): void {
    this.counters[from]++;
    this.#count(from === "origin" ? "load" : from, 1);
    this.#count("ageMs", Math.max(0, answeredMs));
  }

  /** What was known was too old. Whether it had really changed says how long it might have been kept. */
  #renewed(entry: Entry, value: T, now: number): void {
    const { versionOf } = this.#options;
    this.#count("renewal", 1);
    this.#count("renewalAgeMs", now - entry.loadedAt);
    // SAFETY: a key is always loaded by the same kind of loader.
    if (versionOf(entry.value as T) !== versionOf(value)) this.#count("changed", 1);
  }

  #count(what: CacheCount, by: number): void {
    meter.add(`cache.${this.#options.name}.${what}`, by);
  }

  #remember(key: string, value: T, now: number, loadedAt: number): void {
    if (this.#entries.size >= this.#options.maxEntries) {
      // A Map iterates in the order of insertion: the first key is the oldest.
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.delete(key);
    this.#entries.set(key, { value, at: now, loadedAt });
  }
}
