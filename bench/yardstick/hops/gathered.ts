import type { HopsEnv } from "./env.ts";
import { type Due, idOf } from "./messages.ts";
import { type Notebook, send } from "./notebook.ts";

/** As long as the shop's objects wait (docs/decisions/0025-a-moment-for-company.md). */
const GATHER_MS = 250;

/** Sends what is told within a moment in one call. */
export class Gathered {
  readonly #env: HopsEnv;
  readonly #book: Notebook;
  readonly #waiting: Due[] = [];

  constructor(env: HopsEnv, book: Notebook) {
    this.#env = env;
    this.#book = book;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** The row was written by whoever calls. */
  add(told: Due): void {
    if (this.isEmpty) setTimeout(() => void this.#send(), GATHER_MS);
    this.#waiting.push(told);
  }

  async #send(): Promise<void> {
    const told = this.#waiting.splice(0);
    await send(this.#env, told);
    this.#book.end(told.map(idOf));
  }
}
