import { IdSet } from "./id-set.ts";

/**
 * The newest ids of one bucket, at least `half` of them (if there were as many) and never twice that. What it has is a function of the ids in the order in
 * which they came, so one that is loaded answers as the one did that was given up.
 */
export class IdTable {
  #ids: IdSet;
  /** The half before, when there were too many for one. */
  #older: IdSet | undefined;
  readonly #salt: number;
  readonly #half: number;

  constructor(salt: number, half: number, expected: number) {
    this.#salt = salt;
    this.#half = half;
    this.#ids = new IdSet(salt, Math.min(expected, half));
  }

  get bytes(): number {
    return this.#ids.bytes + (this.#older?.bytes ?? 0);
  }

  /** Whether it was new. */
  add(high: number, low: number): boolean {
    if (this.#older?.has(high, low) || !this.#ids.add(high, low)) return false;
    this.#turn();
    return true;
  }

  /**
   * Takes in ids that were new when they came: pairs of (high, low). Not compared with the half before: one that was forgotten and came again is there
   * twice, more than a half apart, and where halves end must not depend on which ids are in storage.
   */
  restore(hashes: Uint32Array): void {
    for (let i = 0; i + 1 < hashes.length; i += 2) {
      this.#ids.add(hashes[i] ?? 0, hashes[i + 1] ?? 0);
      this.#turn();
    }
  }

  #turn(): void {
    if (this.#ids.size < this.#half) return;
    this.#older = this.#ids;
    this.#ids = new IdSet(this.#salt);
  }
}

/** Ids in the order in which they came: pairs of (high, low). */
export class IdList {
  #hashes = new Uint32Array(16);
  #length = 0;

  get size(): number {
    return this.#length / 2;
  }

  get bytes(): number {
    return this.#hashes.byteLength;
  }

  push(high: number, low: number): void {
    if (this.#length === this.#hashes.length) {
      const wider = new Uint32Array(this.#hashes.length * 2);
      wider.set(this.#hashes);
      this.#hashes = wider;
    }
    this.#hashes[this.#length++] = high;
    this.#hashes[this.#length++] = low;
  }

  /** All but the first `skip`: a view, until the next push. */
  after(skip: number): Uint32Array {
    return this.#hashes.subarray(skip * 2, this.#length);
  }
}
