const BUCKET_MS = 60_000;
export const BUCKETS = 4_096;

/**
 * Where an id is looked up: by the minute of its own stamp, around a clock of 4,096 minutes (nearly three days). A pure function of what is the same in
 * every retry, and bounded, whatever a client sends as its time.
 */
export function bucketOf(stamp: number): number {
  const bucket = Math.floor(stamp / BUCKET_MS) % BUCKETS;
  return bucket >= 0 ? bucket : 0;
}

/** Hashes of ids and the buckets of their stamps, in columns. */
export interface IdColumns {
  readonly bucket: Uint16Array;
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

/** Collects ids with their stamps; at most as many as were announced. */
export class IdGathering {
  readonly #bucket: Uint16Array;
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  #length = 0;

  constructor(most: number) {
    this.#bucket = new Uint16Array(most);
    this.#high = new Uint32Array(most);
    this.#low = new Uint32Array(most);
  }

  /** Rows `from` to `end` of these columns; `stamp` in UTC ms. */
  add(stamp: Float64Array, high: Uint32Array, low: Uint32Array, from: number, end: number): void {
    this.#high.set(high.subarray(from, end), this.#length);
    this.#low.set(low.subarray(from, end), this.#length);
    for (let row = from; row < end; row++) this.#bucket[this.#length++] = bucketOf(stamp[row] ?? 0);
  }

  get columns(): IdColumns {
    return {
      bucket: this.#bucket.subarray(0, this.#length),
      high: this.#high.subarray(0, this.#length),
      low: this.#low.subarray(0, this.#length),
    };
  }
}

/** Bucket by bucket, its rows in their order; empty ones are left out. */
export function* rowsByBucket(bucketOfRow: Uint16Array): Generator<readonly [bucket: number, rows: Uint32Array]> {
  // Per bucket the place after its last row, and once they are laid down that of its first.
  const places = new Uint32Array(BUCKETS + 1);
  for (const bucket of bucketOfRow) places[bucket] = (places[bucket] ?? 0) + 1;
  for (let bucket = 0, end = 0; bucket <= BUCKETS; bucket++) {
    end += places[bucket] ?? 0;
    places[bucket] = end;
  }
  const rows = new Uint32Array(bucketOfRow.length);
  for (let row = bucketOfRow.length - 1; row >= 0; row--) {
    const bucket = bucketOfRow[row] ?? 0;
    const place = (places[bucket] ?? 0) - 1;
    places[bucket] = place;
    rows[place] = row;
  }
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const [from = 0, end = 0] = [places[bucket], places[bucket + 1]];
    if (from < end) yield [bucket, rows.subarray(from, end)];
  }
}
