import { DurableObject } from "cloudflare:workers";
import type { HopsEnv } from "./env.ts";
import { Gathered } from "./gathered.ts";
import { due } from "./messages.ts";
import { Notebook } from "./notebook.ts";

/** A SKU's commits: each reservation or claim. */
export class Stock extends DurableObject<HopsEnv> {
  readonly #book: Notebook;
  readonly #levels: Gathered;
  #seq = 0;

  constructor(ctx: DurableObjectState, env: HopsEnv) {
    super(ctx, env);
    this.#book = new Notebook(ctx, env);
    this.#levels = new Gathered(env, this.#book);
  }

  /** Only the newest level is worth telling, so while one is waiting to be told nothing is written of another. */
  move(sku: string): void {
    this.#seq += 1;
    if (!this.#levels.isEmpty) return this.#book.write();
    const level = due("events", "stock.level", sku, this.#seq);
    this.#book.write([level]);
    this.#levels.add(level);
  }
}
