import { LIMITS } from "../limits.ts";
import { spread } from "./id-set.ts";

/** A session ends when its visitor did nothing for this long: the field's own convention. */
export const SESSION_IDLE_MS = 30 * 60_000;

/** No step of the funnel: only a sign of life. Steps are indices into `FUNNEL_STEPS`. */
export const NO_STEP = -1;

/** The sessions as columns: row i of each is session i. */
export interface SessionColumns {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  readonly first: Float64Array;
  readonly last: Float64Array;
  readonly steps: Uint8Array;
}

/**
 * The current session of every visitor: how far it got in the funnel, when it began and when it was last active (event time, UTC ms). One row per
 * visitor in typed arrays. Idle ones are swept; of more than `LIMITS.sessionsPerShard` at once the newcomers are not followed.
 */
export class Sessions {
  readonly #salt: number;
  readonly #max: number;
  #mask = 0;
  #count = 0;
  #high = new Uint32Array(0);
  #low = new Uint32Array(0);
  #first = new Float64Array(0);
  /** 0 marks an empty slot. */
  #last = new Float64Array(0);
  #steps = new Uint8Array(0);

  constructor(salt: number, max: number = LIMITS.sessionsPerShard) {
    this.#salt = salt | 1;
    this.#max = max;
    this.#allocate(64);
  }

  get size(): number {
    return this.#count;
  }

  /**
   * Notes that the visitor did something. Returns the steps that its session reached by that for the first time, one bit each: a step implies
   * the ones before it. What belongs to a session before the current one reaches nothing: that one is forgotten and must not be counted again.
   */
  touch(high: number, low: number, at: number, step: number): number {
    const slot = this.#find(high, low);
    if (slot < 0 || !(at > 0)) return 0;
    const steps = step < 0 ? 0 : (2 << step) - 1;
    const last = this.#last[slot] ?? 0;
    if (last === 0 || at > last + SESSION_IDLE_MS) {
      if (last === 0) {
        this.#high[slot] = high;
        this.#low[slot] = low;
        this.#count++;
      }
      this.#first[slot] = at;
      this.#last[slot] = at;
      this.#steps[slot] = steps;
      return steps;
    }
    const first = this.#first[slot] ?? 0;
    if (at < first - SESSION_IDLE_MS) return 0;
    if (at > last) this.#last[slot] = at;
    if (at < first) this.#first[slot] = at;
    const before = this.#steps[slot] ?? 0;
    this.#steps[slot] = before | steps;
    return steps & ~before;
  }

  /** Visitors whose last sign of life is not older. */
  activeSince(at: number): number {
    // Empty slots are 0.
    const since = Math.max(at, 1);
    let active = 0;
    for (const last of this.#last) if (last >= since) active++;
    return active;
  }

  /** Forgets sessions that ended before. */
  sweep(before: number): void {
    this.restore(this.columns(before));
  }

  /** The sessions that were active at or after a time, in a form that can be stored. */
  columns(since = 1): SessionColumns {
    const from = Math.max(since, 1);
    const size = this.activeSince(from);
    const columns = {
      high: new Uint32Array(size),
      low: new Uint32Array(size),
      first: new Float64Array(size),
      last: new Float64Array(size),
      steps: new Uint8Array(size),
    };
    let to = 0;
    for (let slot = 0; slot <= this.#mask; slot++) {
      const last = this.#last[slot] ?? 0;
      if (last < from) continue;
      columns.high[to] = this.#high[slot] ?? 0;
      columns.low[to] = this.#low[slot] ?? 0;
      columns.first[to] = this.#first[slot] ?? 0;
      columns.last[to] = last;
      columns.steps[to] = this.#steps[slot] ?? 0;
      to++;
    }
    return columns;
  }

  restore({ high, low, first, last, steps }: SessionColumns): void {
    // Twice the room that is needed, so that growing by one is rare.
    this.#allocate(2 ** Math.ceil(Math.log2(Math.max(64, high.length * 2))));
    for (let i = 0; i < high.length; i++) {
      const slot = this.#slotOf(high[i] ?? 0, low[i] ?? 0);
      this.#high[slot] = high[i] ?? 0;
      this.#low[slot] = low[i] ?? 0;
      this.#first[slot] = first[i] ?? 0;
      this.#last[slot] = last[i] ?? 0;
      this.#steps[slot] = steps[i] ?? 0;
      this.#count++;
    }
  }

  /** The visitor's slot, or an empty one for it, or -1 when there is no room for another. */
  #find(high: number, low: number): number {
    if (this.#count * 3 > this.#mask * 2) this.sweep(0);
    const slot = this.#slotOf(high, low);
    return this.#last[slot] === 0 && this.#count >= this.#max ? -1 : slot;
  }

  #slotOf(high: number, low: number): number {
    const mask = this.#mask;
    let slot = spread(high, low, this.#salt) & mask;
    while (this.#last[slot] !== 0 && !(this.#high[slot] === high && this.#low[slot] === low)) slot = (slot + 1) & mask;
    return slot;
  }

  #allocate(capacity: number): void {
    this.#mask = capacity - 1;
    this.#count = 0;
    this.#high = new Uint32Array(capacity);
    this.#low = new Uint32Array(capacity);
    this.#first = new Float64Array(capacity);
    this.#last = new Float64Array(capacity);
    this.#steps = new Uint8Array(capacity);
  }
}
