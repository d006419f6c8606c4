/** At most `limit` of the calls given to it run at a time; the others wait in the order they came. */
export class CallLanes {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resume) => this.#waiting.push(resume));
    try {
      return await call();
    } finally {
      // A lane is handed over and not freed, so that nobody who comes in between can take it.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
