/**
 * A set of 64-bit hashes in one typed array: open addressing, pairs of (high, low) beside each other, so that a look-up is usually one cache
 * line and nothing is allocated per id. `salt` spreads the ids: who can choose ids, but does not know it, cannot pile them up in one place.
 */
export class IdSet {
  #slots: Uint32Array;
  #mask: number;
  #count = 0;
  readonly #salt: number;

  constructor(salt: number, expected = 16) {
    this.#salt = salt | 1;
    // Full to two thirds at most, as `add` keeps it.
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(expected * 1.5, 32)));
    this.#slots = new Uint32Array(capacity * 2);
    this.#mask = capacity - 1;
  }

  get size(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** Whether it was new. */
  add(high: number, low: number): boolean {
    if (this.#count * 3 > this.#mask * 2) this.#grow();
    if (!this.#insert(high, low)) return false;
    this.#count++;
    return true;
  }

  has(high: number, low: number): boolean {
    const slots = this.#slots;
    const mask = this.#mask;
    const tag = low === 0 && high === 0 ? 1 : low;
    for (let slot = spread(high, tag, this.#salt) & mask; ; slot = (slot + 1) & mask) {
      const a = slots[slot * 2] ?? 0;
      const b = slots[slot * 2 + 1] ?? 0;
      if (a === 0 && b === 0) return false;
      if (a === high && b === tag) return true;
    }
  }

  #insert(high: number, low: number): boolean {
    const slots = this.#slots;
    const mask = this.#mask;
    // Two zeros mean an empty slot, so the one id of two zeros takes the place of its neighbour.
    const tag = low === 0 && high === 0 ? 1 : low;
    for (let slot = spread(high, tag, this.#salt) & mask; ; slot = (slot + 1) & mask) {
      const a = slots[slot * 2] ?? 0;
      const b = slots[slot * 2 + 1] ?? 0;
      if (a === high && b === tag) return false;
      if (a === 0 && b === 0) {
        slots[slot * 2] = high;
        slots[slot * 2 + 1] = tag;
        return true;
      }
    }
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Uint32Array(before.length * 2);
    this.#mask = this.#slots.length / 2 - 1;
    for (let i = 0; i < before.length; i += 2) {
      const high = before[i] ?? 0;
      const low = before[i + 1] ?? 0;
      if (high !== 0 || low !== 0) this.#insert(high, low);
    }
  }
}

/** Mixes both halves with a secret odd number; also used by the table of sessions. */
export function spread(high: number, low: number, salt: number): number {
  const mixed = Math.imul(low ^ (low >>> 15), salt) ^ Math.imul(high ^ (high >>> 13), salt ^ 0x5bd1e994);
  return mixed ^ (mixed >>> 16);
}
