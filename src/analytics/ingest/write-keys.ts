import { ageMs } from "../../domain/age.ts";
import { sha256Hex } from "../../platform/digest.ts";
import { log } from "../../platform/log.ts";

/** What ingest has to know of a write key. */
export interface WriteKey {
  readonly id: string;
  readonly kind: "public" | "secret";
  /** What the keys of one sender share. */
  readonly source: string;
  /** Origins whose pages may use it; "*" is any. */
  readonly origins: readonly string[];
  readonly limited: boolean;
}

/** A key that was deleted may still be let in for this long by an isolate that has just read it, in ms. */
export const KEY_STALE_MS = 15_000;
/** How long a key that was read may be used while D1 does not answer, in ms. To lose events is worse than to honour a deleted key. */
export const KEY_KEPT_MS = 15 * 60_000;
/** Unknown keys are remembered as well, because a shop with a wrong key asks with every event; apart, so that they push no real one out. */
const UNKNOWN_STALE_MS = 5_000;
const KEYS_KEPT = 500;
const UNKNOWN_KEPT = 100;
const PRINTABLE = /^[\x21-\x7e]+$/;

const FIND = "SELECT id, kind, source, origins, limited FROM write_keys WHERE hash = ? AND deleted_at IS NULL";

interface KeyRow {
  readonly id: string;
  readonly kind: "public" | "secret";
  readonly source: string;
  readonly origins: string;
  readonly limited: number;
}

interface Kept {
  readonly key: WriteKey | undefined;
  readonly readAt: number;
}

/** Keys that this isolate has read from D1 lately. Plain values only: a promise of one request must not be awaited by another. */
export class WriteKeys {
  readonly #known = new Map<string, Kept>();
  readonly #unknown = new Map<string, Kept>();

  /** What is known of a text without asking: its key, or that there is none. `undefined` when D1 has to say. */
  recall(text: string, now: number): { readonly key: WriteKey | undefined } | undefined {
    if (!PRINTABLE.test(text)) return { key: undefined };
    const known = this.#known.get(text);
    if (known && ageMs(known.readAt, now) < KEY_STALE_MS) return known;
    const unknown = this.#unknown.get(text);
    return unknown && ageMs(unknown.readAt, now) < UNKNOWN_STALE_MS ? unknown : undefined;
  }

  /** The key behind a text, `undefined` when there is none. Throws when D1 does not answer and nothing is remembered. */
  async find(db: D1Database, text: string, now: number): Promise<WriteKey | undefined> {
    const recalled = this.recall(text, now);
    if (recalled) return recalled.key;
    const known = this.#known.get(text);
    try {
      return this.#keep(text, await readKey(db, text), now);
    } catch (error) {
      if (!known || ageMs(known.readAt, now) > KEY_KEPT_MS) throw error;
      log("warn", "write_key_unconfirmed", { source: known.key?.id, error: String(error) });
      return known.key;
    }
  }

  #keep(text: string, key: WriteKey | undefined, readAt: number): WriteKey | undefined {
    this.#known.delete(text);
    this.#unknown.delete(text);
    const kept = key ? this.#known : this.#unknown;
    kept.set(text, { key, readAt });
    // A Map iterates in order of insertion, so the first is the oldest.
    const [oldest] = kept.keys();
    if (kept.size > (key ? KEYS_KEPT : UNKNOWN_KEPT) && oldest !== undefined) kept.delete(oldest);
    return key;
  }
}

async function readKey(db: D1Database, text: string): Promise<WriteKey | undefined> {
  const row = await db
    .prepare(FIND)
    .bind(await sha256Hex(text))
    .first<KeyRow>();
  if (!row) return undefined;
  const { id, kind, source, origins, limited } = row;
  // SAFETY: `origins` is only written as an array of strings, by the admin API and the local seed.
  return { id, kind, source, origins: JSON.parse(origins) as string[], limited: limited === 1 };
}

/** Whether a page may use this key. Servers and apps send no origin; an allow-list keeps honest pages apart, it is no secret. */
export const allowsOrigin = ({ origins }: WriteKey, origin: string | null): boolean =>
  origin === null || origins.includes("*") || origins.includes(origin);
