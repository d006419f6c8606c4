import type { Order } from "../../src/domain/order-record.ts";

/**
 * Requests that wait for the next change of an object. The timer of each is cleared when it is woken: a pending timer keeps an object
 * awake, and billed, for nothing.
 */
export class VersionWaiters {
  readonly #wakes = new Set<() => void>();

  /** Resolves at the next `wake`, or after `ms`. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#wakes.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#wakes.add(wake);
    });
  }

  wake(): void {
    for (const wake of this.#wakes) wake();
  }
}

/** Whether something will still happen without the shopper. */
export const isPending = ({ state }: Order): boolean =>
  state === "placing" || state === "awaiting_payment" || state === "requires_action";
