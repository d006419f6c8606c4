import type { FreshIds, StoredIds } from "../../src/domain/events/id-memory.ts";

/** Ids as a shard's table keeps them, and what is asked of it. */
export class IdStore implements StoredIds {
  readonly #blobs = new Map<number, Uint32Array[]>();
  /** Told of every bucket that is read, before it is, and of how many ids. */
  onRead: (bucket: number, ids: number) => void = () => {};

  save(fresh: readonly FreshIds[]): void {
    for (const { bucket, hashes } of fresh) this.#blobs.set(bucket, [...(this.#blobs.get(bucket) ?? []), hashes]);
  }

  /** As it is when the oldest blob of a bucket has been kept for long enough. */
  expire(bucket: number): void {
    this.#blobs.get(bucket)?.shift();
  }

  count(bucket: number): number {
    return (this.#blobs.get(bucket) ?? []).reduce((sum, { length }) => sum + length / 2, 0);
  }

  *read(bucket: number, skip: number): Generator<Uint32Array> {
    this.onRead(bucket, this.count(bucket) - skip);
    let left = skip * 2;
    for (const hashes of this.#blobs.get(bucket) ?? []) {
      if (left < hashes.length) yield hashes.subarray(left);
      left = Math.max(0, left - hashes.length);
    }
  }
}
