import { ageMs } from "../../domain/age.ts";

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
  /** UTC ms. */
  readonly at: number;
}

export interface LayeredCacheOptions {
  readonly isolateTtlMs: number;
  readonly edgeTtlS: number;
  readonly maxEntries: number;
  /** How old an answer may be while the origin fails. */
  readonly staleMs: number;
}

/** Never resolved by a server; the Cache API only wants a URL as its key. */
const EDGE_KEY_ORIGIN = "https://cache.breakwater.invalid/";

/**
 * A memory of this isolate over the cache of this edge location. Staleness is at most the sum of both lifetimes, unless the origin fails: then it is what this
 * isolate heard last, for `staleMs`. It holds plain values only: a promise made by one request must not be awaited by another, so a stampede of one isolate may load a value more than once.
 */
export class LayeredCache {
  readonly counters: CacheCounters = { isolate: 0, edge: 0, origin: 0, stale: 0 };
  readonly #entries = new Map<string, Entry>();
  readonly #options: LayeredCacheOptions;

  constructor(options: LayeredCacheOptions) {
    this.#options = options;
  }

  /** The value under `key`, loaded when no layer has it. `later` keeps the request's context alive for the write to the edge. */
  async get<T>(key: string, load: () => Promise<T>, later: (work: Promise<unknown>) => void): Promise<T> {
    const now = Date.now();
    const entry = this.#entries.get(key);
    const age = entry ? ageMs(entry.at, now) : Infinity;
    if (entry && age < this.#options.isolateTtlMs) {
      this.counters.isolate++;
      // SAFETY: a key is always loaded by the same kind of loader.
      return entry.value as T;
    }
    const edge = await caches.default.match(edgeKey(key));
    if (edge) {
      this.counters.edge++;
      const value = await edge.json<T>();
      this.#remember(key, value, now);
      return value;
    }
    let value: T;
    try {
      value = await load();
    } catch (error) {
      // Whoever would change it does so at the origin, so it is hardly wrong yet; an error would be a shop that is closed.
      if (!entry || age > this.#options.staleMs) throw error;
      this.counters.stale++;
      // SAFETY: as above.
      return entry.value as T;
    }
    this.counters.origin++;
    this.#remember(key, value, now);
    const headers = { "cache-control": `max-age=${this.#options.edgeTtlS}` };
    later(caches.default.put(edgeKey(key), Response.json(value, { headers })));
    return value;
  }

  /** Forgets in this isolate and this location; elsewhere the lifetimes are the bound. */
  async forget(key: string): Promise<void> {
    this.#entries.delete(key);
    await caches.default.delete(edgeKey(key));
  }

  #remember(key: string, value: unknown, now: number): void {
    if (this.#entries.size >= this.#options.maxEntries) {
      // A Map iterates in the order of insertion: the first key is the oldest.
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.delete(key);
    this.#entries.set(key, { value, at: now });
  }
}

const edgeKey = (key: string): string => EDGE_KEY_ORIGIN + encodeURIComponent(key);
