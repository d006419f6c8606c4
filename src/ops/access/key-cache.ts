import { ageMs } from "../../domain/age.ts";
import type { ApiKey } from "./keys.ts";

/** A revoked key may still be let in for this long by an isolate that has just read it; not to watch, which would last. */
export const KEY_STALE_MS = 5_000;
/** What was read last is believed for so long, for reads and a kill, while D1 cannot be asked: they are needed most when something is broken. */
export const KEY_LAST_KNOWN_MS = 10 * 60_000;
const KEYS_KEPT = 1_000;

/** Keys that this isolate has read from D1 lately. Unknown ones are not kept: whoever tries random keys must not push real ones out. */
export class KeyCache {
  readonly #entries = new Map<string, { readonly key: ApiKey | undefined; readonly readAt: number }>();

  find(id: string, now: number): ApiKey | undefined {
    return this.#within(KEY_STALE_MS, id, now);
  }

  /** For when D1 does not answer. */
  lastKnown(id: string, now: number): ApiKey | undefined {
    return this.#within(KEY_LAST_KNOWN_MS, id, now);
  }

  #within(ms: number, id: string, now: number): ApiKey | undefined {
    const entry = this.#entries.get(id);
    return entry && ageMs(entry.readAt, now) < ms ? entry.key : undefined;
  }

  /** `readAt` is the time before the read: what was changed during it must not count as seen. */
  keep(key: ApiKey, readAt: number): void {
    const known = this.#entries.get(key.id);
    if (known && known.readAt > readAt) return;
    this.#put(key.id, key, readAt);
  }

  /** A read that began before `now` says nothing of the key any more. */
  forget(id: string, now: number): void {
    this.#put(id, undefined, now);
  }

  #put(id: string, key: ApiKey | undefined, readAt: number): void {
    this.#entries.delete(id);
    this.#entries.set(id, { key, readAt });
    // A Map iterates in order of insertion, so the first is the oldest.
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > KEYS_KEPT && oldest !== undefined) this.#entries.delete(oldest);
  }
}

/** Shared by all requests of the isolate; it holds plain values only. */
export const keyCache = new KeyCache();
