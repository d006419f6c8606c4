import type { Area, CountKey, Counts } from "../domain/cost/counts.ts";

/**
 * What this isolate has used since it last told, as plain sums. Counting is an addition in memory: nothing is written, sent or scheduled for it, and an
 * isolate that ends takes its last minute along. So bills made of this are a little too low, and the shop is never slower or dearer for them.
 */
class Meter {
  /**
   * Whose log lines these are. An isolate belongs to one Worker, so it has one answer; in the isolate that objects of all areas share, it is the object at work:
   * the one that touched its storage last. Lines are written right after that, so it is nearly always the one that speaks.
   */
  home: Area = "commerce";
  /** What the object is for whose stub was fetched last. */
  called: Area | undefined;
  #counts = new Map<CountKey, number>();

  add(key: CountKey, count = 1): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  /** Hands out the sums and begins anew. */
  take(): Counts {
    const counts = Object.fromEntries(this.#counts);
    this.#counts = new Map();
    return counts;
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }
}

/** One per isolate, like the isolate's memory that it measures. */
export const meter = new Meter();
