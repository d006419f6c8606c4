/** The throttle's side: `delaysMs` are ms to wait from now, one per call, not falling. */
export interface Throttle {
  take(calls: number): Promise<{ readonly delaysMs: readonly number[] }>;
  backOff(ms: number): Promise<unknown>;
}

/** Permission for one call, `delayMs` from now. It lapses when Stripe has said 429 meanwhile: ask `holds` right before the call. */
export interface Slot {
  readonly delayMs: number;
  holds(): boolean;
}

/**
 * The slots of one batch. The first call takes as many as the batch has messages, in one request to the throttle; repeats take
 * further ones, as many as are asked for at that time. What is left over when the batch ends is lost, which only makes us slower than allowed.
 */
export class SlotPool {
  readonly #throttle: Throttle;
  readonly #now: () => number;
  #expected: number;
  #asking = 0;
  /** UTC ms at which each slot opens, earliest first. */
  #opensAt: number[] = [];
  #taking: Promise<void> | undefined;
  /** Counts the 429s; slots of before the last one are void. */
  #era = 0;

  constructor(throttle: Throttle, expected: number, now: () => number) {
    this.#throttle = throttle;
    this.#expected = expected;
    this.#now = now;
  }

  async next(): Promise<Slot> {
    this.#asking++;
    try {
      while (this.#opensAt.length === 0) await (this.#taking ??= this.#take());
    } finally {
      this.#asking--;
    }
    const delayMs = Math.max(0, (this.#opensAt.shift() ?? 0) - this.#now());
    const era = this.#era;
    return { delayMs, holds: () => era === this.#era };
  }

  /** Stripe said 429: every caller of the shop waits, and what this batch holds is no longer worth anything. */
  async backOff(ms: number): Promise<void> {
    this.#era++;
    this.#opensAt = [];
    await this.#throttle.backOff(ms);
  }

  async #take(): Promise<void> {
    try {
      const era = this.#era;
      const calls = Math.max(this.#asking, this.#expected);
      this.#expected = 0;
      const { delaysMs } = await this.#throttle.take(calls);
      if (delaysMs.length === 0) throw new Error("the throttle gave no slot");
      // Given before a 429 that came meanwhile: `next` asks again.
      if (era !== this.#era) return;
      const now = this.#now();
      this.#opensAt.push(...delaysMs.map((delay) => now + delay));
    } finally {
      this.#taking = undefined;
    }
  }
}
