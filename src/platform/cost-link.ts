import type { Counts } from "../domain/cost/counts.ts";
import { type SettingsLease, TELL_EVERY_MS, TELL_FIRST_MS } from "../domain/cost/settings.ts";
import { inTime } from "./in-time.ts";
import { live, type LiveSettings } from "./live-settings.ts";
import { log } from "./log.ts";
import { meter } from "./meter.ts";

/** The cost book, as those who tell it need it. */
export interface Book {
  report(counts: Counts): PromiseLike<SettingsLease>;
}

/** Of the bindings only this. */
export interface BookEnv {
  readonly COST_BOOK: { getByName(name: string): Book };
}

/** There is one per shop. */
export const BOOK_NAME = "shop";

const ANSWER_MS = 2_000;

interface CostLinkTools {
  readonly now?: () => number;
  readonly take?: () => Counts;
  readonly settings?: LiveSettings;
  /** How long after the isolate's start the first call may wait, in ms. Who has settings to learn has no patience. */
  readonly patienceMs?: number;
}

/**
 * Tells the cost book what this isolate used, and learns which settings are in force: both in one call, beside the work that was asked for, and never by a
 * clock. What cannot be told is not told again, because the book may have it; a bill that counts twice is worse than one that misses a minute.
 */
export class CostLink {
  readonly #now: () => number;
  readonly #take: () => Counts;
  readonly #settings: LiveSettings;
  #dueAt: number;
  #everyMs = TELL_FIRST_MS;

  constructor({ now = Date.now, take = () => meter.take(), settings = live, patienceMs = 0 }: CostLinkTools = {}) {
    this.#now = now;
    this.#take = take;
    this.#settings = settings;
    this.#dueAt = patienceMs > 0 ? now() + patienceMs : 0;
  }

  get isDue(): boolean {
    const now = this.#now();
    // No wait is longer than the longest: what seems so is from before the clock was put back.
    return now >= this.#dueAt || this.#dueAt - now > 2 * TELL_EVERY_MS;
  }

  /** Never rejects. */
  async tell({ COST_BOOK }: BookEnv): Promise<void> {
    const askedAt = this.#now();
    this.#dueAt = askedAt + this.#everyMs;
    this.#everyMs = Math.min(2 * this.#everyMs, TELL_EVERY_MS);
    try {
      const asked = Promise.resolve(COST_BOOK.getByName(BOOK_NAME).report(this.#take()));
      this.#settings.hold(await inTime(asked, ANSWER_MS, "the cost book"), askedAt);
    } catch (error) {
      log("warn", "costs_not_told", { error: String(error) });
    }
  }
}
