import { DurableObject } from "cloudflare:workers";
import type { HopsEnv, Payload } from "./env.ts";
import { Gathered } from "./gathered.ts";
import { due } from "./messages.ts";
import { Notebook } from "./notebook.ts";

const PLACE = "place";

/** A cart's commits: created, each line, locked, ordered. What is in it is only remembered while it is awake. */
export class Cart extends DurableObject<HopsEnv> {
  readonly #book: Notebook;
  readonly #facts: Gathered;
  readonly #skus: string[] = [];

  constructor(ctx: DurableObjectState, env: HopsEnv) {
    super(ctx, env);
    this.#book = new Notebook(ctx, env);
    this.#facts = new Gathered(env, this.#book);
  }

  create(): Payload {
    this.#book.write();
    return this.env.PAYLOAD;
  }

  add(id: string, sku: string): Payload {
    const fact = due("events", "cart.added", id, this.#skus.push(sku));
    this.#book.write([fact]);
    this.#facts.add(fact);
    return this.env.PAYLOAD;
  }

  async checkout(orderId: string): Promise<Payload> {
    this.#book.write();
    this.#book.begin(PLACE);
    const order = await this.env.ORDER.getByName(orderId).place(orderId, this.#skus);
    this.#book.write([], [PLACE]);
    return order;
  }
}
