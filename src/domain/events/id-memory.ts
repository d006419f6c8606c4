import { LIMITS } from "../limits.ts";
import { IdSet } from "./id-set.ts";

const BUCKET_MS = 60_000;
const BUCKETS = 4_096;

/**
 * Where an id is looked up: by the minute of its own stamp, around a clock of 4,096 minutes (nearly three days). A pure function of what is the same in
 * every retry, and bounded, whatever a client sends as its time.
 */
export function bucketOf(stamp: number): number {
  const bucket = Math.floor(stamp / BUCKET_MS) % BUCKETS;
  return bucket >= 0 ? bucket : 0;
}

/** Ids of one bucket that are not in storage yet: pairs of (high, low). */
export interface FreshIds {
  readonly bucket: number;
  readonly hashes: Uint32Array;
}

/**
 * Ids seen in the last 24 hours, exactly. All are in storage as packed blobs per bucket; the buckets in use are in memory, loaded when an
 * id asks for them, the longest unused given up beyond `maxBytes`. A bucket holds at most `LIMITS.idsPerBucket`; beyond that it forgets the older half.
 */
export class IdMemory {
  readonly #buckets = new Map<number, Bucket>();
  readonly #load: (bucket: number) => Iterable<Uint32Array>;
  readonly #salt: number;
  readonly #maxBytes: number;
  readonly #maxIds: number;
  #clock = 0;
  /** The last bucket that was asked for: events of one request are usually of one minute. */
  #last: Bucket | undefined;
  #lastBucket = -1;
  #typicalSize = 16;

  constructor(options: {
    /** Blobs of a bucket out of storage, the oldest first. */
    readonly load: (bucket: number) => Iterable<Uint32Array>;
    readonly salt: number;
    readonly maxBytes?: number;
    readonly maxIds?: number;
  }) {
    this.#load = options.load;
    this.#salt = options.salt;
    this.#maxBytes = options.maxBytes ?? LIMITS.idBytesPerShard;
    this.#maxIds = options.maxIds ?? LIMITS.idsPerBucket;
  }

  /** Whether the id is new; it is remembered from now on. */
  add(bucket: number, high: number, low: number): boolean {
    const found = bucket === this.#lastBucket && this.#last ? this.#last : this.#use(bucket);
    return found.add(high, low);
  }

  get bytes(): number {
    let sum = 0;
    for (const bucket of this.#buckets.values()) sum += bucket.bytes;
    return sum;
  }

  /** Whether there is more in memory than may be, most of it not in storage yet: time for a checkpoint. */
  get isCrowded(): boolean {
    return this.bytes > this.#maxBytes;
  }

  /** What has to be stored; from now on it counts as stored. */
  takeFresh(): FreshIds[] {
    const taken: FreshIds[] = [];
    for (const [bucket, ids] of this.#buckets) {
      const hashes = ids.takeFresh();
      if (hashes.length > 0) taken.push({ bucket, hashes });
    }
    return taken;
  }

  /** Gives up the buckets that were not used for longest, until what is left fits. To be called when everything is stored. */
  trim(): void {
    let bytes = this.bytes;
    if (bytes <= this.#maxBytes) return;
    const oldestFirst = [...this.#buckets].toSorted(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [bucket, ids] of oldestFirst) {
      if (bytes <= this.#maxBytes) break;
      if (ids.hasFresh) continue;
      bytes -= ids.bytes;
      this.forget(bucket);
    }
  }

  /** Drops a bucket from memory because storage has dropped part of it. */
  forget(bucket: number): void {
    if (this.#buckets.get(bucket)?.hasFresh) return;
    this.#buckets.delete(bucket);
    this.#lastBucket = -1;
    this.#last = undefined;
  }

  #use(bucket: number): Bucket {
    let ids = this.#buckets.get(bucket);
    if (!ids) {
      ids = new Bucket(this.#salt, this.#maxIds, this.#typicalSize);
      for (const blob of this.#load(bucket)) ids.restore(blob);
      this.#buckets.set(bucket, ids);
    }
    ids.usedAt = ++this.#clock;
    if (this.#last) this.#typicalSize = Math.max(16, Math.min(this.#last.size, 1 << 20));
    this.#last = ids;
    this.#lastBucket = bucket;
    return ids;
  }
}

class Bucket {
  usedAt = 0;
  #ids: IdSet;
  /** The half before, when there were too many for one. */
  #older: IdSet | undefined;
  #fresh = new Uint32Array(0);
  #freshLength = 0;
  readonly #salt: number;
  readonly #half: number;

  constructor(salt: number, maxIds: number, expected: number) {
    this.#salt = salt;
    this.#half = Math.ceil(maxIds / 2);
    this.#ids = new IdSet(salt, Math.min(expected, this.#half));
  }

  get bytes(): number {
    return this.#ids.bytes + (this.#older?.bytes ?? 0) + this.#fresh.byteLength;
  }

  get size(): number {
    return this.#ids.size + (this.#older?.size ?? 0);
  }

  get hasFresh(): boolean {
    return this.#freshLength > 0;
  }

  add(high: number, low: number): boolean {
    if (!this.#insert(high, low)) return false;
    if (this.#freshLength + 2 > this.#fresh.length) {
      const wider = new Uint32Array(Math.max(32, this.#fresh.length * 2));
      wider.set(this.#fresh);
      this.#fresh = wider;
    }
    this.#fresh[this.#freshLength++] = high;
    this.#fresh[this.#freshLength++] = low;
    return true;
  }

  restore(hashes: Uint32Array): void {
    for (let i = 0; i + 1 < hashes.length; i += 2) this.#insert(hashes[i] ?? 0, hashes[i + 1] ?? 0);
  }

  takeFresh(): Uint32Array {
    const taken = this.#fresh.slice(0, this.#freshLength);
    this.#fresh = new Uint32Array(0);
    this.#freshLength = 0;
    return taken;
  }

  #insert(high: number, low: number): boolean {
    if (this.#older?.has(high, low)) return false;
    if (!this.#ids.add(high, low)) return false;
    if (this.#ids.size >= this.#half) {
      this.#older = this.#ids;
      this.#ids = new IdSet(this.#salt);
    }
    return true;
  }
}
