import { setTimeout } from "node:timers/promises";
import { LiveView } from "../../bench/events/live.ts";
import type { Shop } from "../../bench/runtime/shop.ts";

const LOOK_EVERY_MS = 50;
const OPEN_AGAIN_MS = 250;

/** A console that somebody watches through everything: notes when the board counts more events than before. */
export class BoardWatch {
  readonly #shop: Shop;
  readonly #grewAt: number[] = [];
  readonly #watching: Promise<void>;
  #isOpen = true;

  constructor(shop: Shop) {
    this.#shop = shop;
    this.#watching = this.#watch();
  }

  /** The longest standstill between two times, UTC ms. */
  stillMs(from: number, to: number): number {
    const times = [from, ...this.#grewAt.filter((at) => at > from && at < to), to];
    return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? from)));
  }

  async end(): Promise<void> {
    this.#isOpen = false;
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (this.#isOpen) {
      try {
        await this.#follow(await LiveView.open(this.#shop.origin, this.#shop.adminKey));
      } catch {
        // The shop is away, and the console tries again.
      }
      await setTimeout(OPEN_AGAIN_MS);
    }
  }

  async #follow(view: LiveView): Promise<void> {
    let seen = view.received;
    while (this.#isOpen && view.isOpen) {
      if (view.received > seen) this.#grewAt.push(Date.now());
      seen = view.received;
      await setTimeout(LOOK_EVERY_MS);
    }
    view.close();
  }
}
