const SLOT_MS = 5;

/**
 * Who is to be woken when: tens of thousands of shoppers who mostly think. A slot for every few milliseconds costs an array push per shopper, where
 * a timer of the runtime for each would be a heap's worth of work.
 */
export class TimerWheel<T> {
  readonly #slots = new Map<number, { readonly at: number; readonly item: T }[]>();
  #next = 0;
  size = 0;

  /** `at` in ms; what is due already comes with the next turn. */
  add(at: number, item: T): void {
    const slot = Math.max(this.#next, Math.floor(at / SLOT_MS));
    const waiting = this.#slots.get(slot);
    if (waiting) waiting.push({ at, item });
    else this.#slots.set(slot, [{ at, item }]);
    this.size += 1;
  }

  /** Everybody who is due by now, in order; also those whose turn was missed. */
  due(now: number): T[] {
    const due: { readonly at: number; readonly item: T }[] = [];
    const last = Math.floor(now / SLOT_MS);
    for (; this.#next < last; this.#next++) {
      const waiting = this.#slots.get(this.#next);
      if (!waiting) continue;
      this.#slots.delete(this.#next);
      // One by one: more shoppers may be due at once than a call takes arguments.
      for (const one of waiting.sort((a, b) => a.at - b.at)) due.push(one);
    }
    this.size -= due.length;
    return due.map(({ item }) => item);
  }
}
