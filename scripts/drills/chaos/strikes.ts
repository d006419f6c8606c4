import { setTimeout } from "node:timers/promises";
import type { Shop } from "../../../bench/runtime/shop.ts";
import { busyObjects, recoverMessages } from "../../start/recover.ts";
import type { Strike } from "./plan.ts";

/** Carries out the strikes in their order, one at a time, each when its time has come. */
export class Strikes {
  readonly done = { abort: 0, kill: 0 };
  readonly #shop: Shop;
  readonly #waiting: Strike[];
  #last: Promise<void> = Promise.resolve();

  constructor(shop: Shop, strikes: readonly Strike[]) {
    this.#shop = shop;
    this.#waiting = strikes.toSorted((a, b) => a.afterOrders - b.afterOrders);
  }

  /** So many orders were decided. Returns at once. */
  tell(decided: number): void {
    while (this.#waiting[0] && this.#waiting[0].afterOrders <= decided) {
      const strike = this.#waiting.shift();
      if (strike) this.#last = this.#last.then(() => this.#carryOut(strike));
    }
  }

  /** Resolves when all that were due are over; rejects when the shop did not come up again. */
  async over(): Promise<void> {
    await this.#last;
  }

  async #carryOut({ act, delayMs }: Strike): Promise<void> {
    await setTimeout(delayMs);
    const { runtime, state, admin } = this.#shop;
    if (act === "abort") await runtime.abortObjects();
    else {
      await runtime.kill();
      // As `npm start` does it: whoever was busy at the end tells again what was lost with the queues.
      const busy = busyObjects(state);
      await runtime.startAgain();
      await recoverMessages(admin, busy);
    }
    this.done[act] += 1;
  }
}
