import { LIMITS } from "../limits.ts";
import { BUCKETS, type IdColumns, rowsByBucket } from "./id-columns.ts";
import { IdSet } from "./id-set.ts";
import { IdList, IdTable } from "./id-table.ts";

/** A bucket with at most so many ids for each that is asked for is loaded at once: its table is no larger than what came in. */
const IDS_PER_ASKED = 8;
/** Commits that ask for a bucket before its table is worth more than what is in memory already. */
const OFTEN = 16;
/** Tables of such buckets that are loaded at once, at most. */
const LOADS = 4;
const ONE_ROW = new Uint32Array(1);

type Hashes = Pick<IdColumns, "high" | "low">;

/** Ids of one bucket that are not in storage yet: pairs of (high, low). */
export interface FreshIds {
  readonly bucket: number;
  readonly hashes: Uint32Array;
}

/** The ids that are in storage. */
export interface StoredIds {
  /** How many a bucket has. */
  count(bucket: number): number;
  /** Those of a bucket but for the first `skip`, the oldest first: pairs of (high, low), piece by piece. */
  read(bucket: number, skip: number): Iterable<Uint32Array>;
}

/**
 * Ids seen in the last 24 hours, exactly: what is in storage, and what is fresh. A bucket holds at most `LIMITS.idsPerBucket`; beyond that it forgets the
 * older half. Tables in memory are only a faster way to ask: each can be given up at any time, also in the middle of a commit, because the fresh
 * ids are kept apart. Which buckets are asked for is up to clients, so no order of stamps may make tables of more than `maxBytes`, and no
 * table is made for a bucket that is asked for a few ids now and then; those are looked up by reading it once.
 */
export class IdMemory {
  /** The one that was not used for longest is the first. */
  readonly #tables = new Map<number, IdTable>();
  readonly #fresh = new Map<number, IdList>();
  /** How often a bucket was asked for while it was not in memory. */
  readonly #asked = new Uint8ClampedArray(BUCKETS);
  readonly #stored: StoredIds;
  readonly #salt: number;
  readonly #maxBytes: number;
  readonly #half: number;
  #tableBytes = 0;

  constructor(options: {
    readonly stored: StoredIds;
    readonly salt: number;
    readonly maxBytes?: number;
    readonly maxIds?: number;
  }) {
    this.#stored = options.stored;
    this.#salt = options.salt;
    this.#maxBytes = options.maxBytes ?? LIMITS.idBytesPerShard;
    this.#half = Math.ceil((options.maxIds ?? LIMITS.idsPerBucket) / 2);
  }

  /** Whether the id is new; it is remembered from now on. */
  add(bucket: number, high: number, low: number): boolean {
    const isNew = new Uint8Array(1);
    const id = { high: Uint32Array.of(high), low: Uint32Array.of(low) };
    this.#add(bucket, ONE_ROW, id, isNew, this.#isAskedOften(bucket));
    return isNew[0] === 1;
  }

  /** The same for many ids: 1 where one is new. Bucket by bucket, so that each is read once at most, however their stamps alternate. */
  addAll(ids: IdColumns): Uint8Array {
    const isNew = new Uint8Array(ids.bucket.length);
    let loads = LOADS;
    for (const [bucket, rows] of rowsByBucket(ids.bucket)) {
      const mayLoad = loads > 0 && this.#isAskedOften(bucket);
      if (mayLoad) loads--;
      this.#add(bucket, rows, ids, isNew, mayLoad);
    }
    return isNew;
  }

  /** Of tables and of what is not in storage yet. */
  get bytes(): number {
    let sum = this.#tableBytes;
    for (const fresh of this.#fresh.values()) sum += fresh.bytes;
    return sum;
  }

  /** What has to be stored; from now on it counts as stored. */
  takeFresh(): FreshIds[] {
    const taken = [...this.#fresh].map(([bucket, fresh]) => ({ bucket, hashes: fresh.after(0).slice() }));
    this.#fresh.clear();
    return taken;
  }

  /** Drops a bucket from memory because storage has dropped part of it. */
  forget(bucket: number): void {
    this.#tableBytes -= this.#tables.get(bucket)?.bytes ?? 0;
    this.#tables.delete(bucket);
  }

  #add(bucket: number, rows: Uint32Array, ids: Hashes, isNew: Uint8Array, mayLoad: boolean): void {
    const known = this.#use(bucket) ?? this.#bring(bucket, rows, ids, mayLoad);
    const bytesBefore = known.bytes;
    let fresh = this.#fresh.get(bucket);
    for (const row of rows) {
      const high = ids.high[row] ?? 0;
      const low = ids.low[row] ?? 0;
      if (!known.add(high, low)) continue;
      if (!fresh) {
        fresh = new IdList();
        this.#fresh.set(bucket, fresh);
      }
      fresh.push(high, low);
      isNew[row] = 1;
    }
    if (known instanceof IdTable) this.#account(known.bytes - bytesBefore);
  }

  /** The bucket's table, if it is in memory. */
  #use(bucket: number): IdTable | undefined {
    const table = this.#tables.get(bucket);
    if (!table) return undefined;
    this.#tables.delete(bucket);
    this.#tables.set(bucket, table);
    return table;
  }

  /** What tells which of these ids are known: the table of a bucket, if that is worth its memory, else only those that it has of them. */
  #bring(bucket: number, rows: Uint32Array, ids: Hashes, mayLoad: boolean): IdTable | IdSet {
    const stored = this.#stored.count(bucket);
    const held = stored + (this.#fresh.get(bucket)?.size ?? 0);
    // Only a table can forget while ids come in.
    const willForget = Math.floor(held / this.#half) < Math.floor((held + rows.length) / this.#half);
    if (held <= rows.length * IDS_PER_ASKED || mayLoad || willForget) {
      return this.#load(bucket, stored, held, rows.length);
    }
    this.#asked[bucket] = (this.#asked[bucket] ?? 0) + 1;
    return this.#lookUp(bucket, stored, held, rows, ids);
  }

  #load(bucket: number, stored: number, held: number, more: number): IdTable {
    this.#asked[bucket] = 0;
    const table = new IdTable(this.#salt, this.#half, held - this.#forgotten(held) + more);
    const bytesEmpty = table.bytes;
    this.#tables.set(bucket, table);
    this.#account(bytesEmpty);
    for (const hashes of this.#idsOf(bucket, stored, held)) table.restore(hashes);
    this.#account(table.bytes - bytesEmpty);
    return table;
  }

  #lookUp(bucket: number, stored: number, held: number, rows: Uint32Array, ids: Hashes): IdSet {
    const asked = new IdSet(this.#salt, rows.length);
    for (const row of rows) asked.add(ids.high[row] ?? 0, ids.low[row] ?? 0);
    const known = new IdSet(this.#salt, rows.length);
    for (const hashes of this.#idsOf(bucket, stored, held)) {
      for (let i = 0; i + 1 < hashes.length; i += 2) {
        const high = hashes[i] ?? 0;
        const low = hashes[i + 1] ?? 0;
        if (asked.has(high, low)) known.add(high, low);
      }
    }
    return known;
  }

  #isAskedOften(bucket: number): boolean {
    return (this.#asked[bucket] ?? 0) >= OFTEN;
  }

  /** How many of so many are forgotten: whole halves, as a table does it that saw all of them, so that a start forgets what was forgotten before it. */
  #forgotten(held: number): number {
    return Math.max(0, Math.floor(held / this.#half) - 1) * this.#half;
  }

  /** Ids of a bucket in the order in which they came, without those that are forgotten. */
  *#idsOf(bucket: number, stored: number, held: number): Generator<Uint32Array> {
    const skip = this.#forgotten(held);
    if (stored > skip) yield* this.#stored.read(bucket, skip);
    const fresh = this.#fresh.get(bucket);
    if (fresh) yield fresh.after(Math.max(0, skip - stored));
  }

  /** Counts bytes of the table in use, which is the last, and makes room for them: those go that were not used for longest. */
  #account(bytes: number): void {
    this.#tableBytes += bytes;
    for (const [bucket, table] of this.#tables) {
      if (this.#tableBytes <= this.#maxBytes || this.#tables.size === 1) return;
      this.#tables.delete(bucket);
      this.#tableBytes -= table.bytes;
    }
  }
}
