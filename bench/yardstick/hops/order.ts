import { DurableObject } from "cloudflare:workers";
import type { HopsEnv, Payload } from "./env.ts";
import { type Due, due, idOf } from "./messages.ts";
import { Notebook, send } from "./notebook.ts";

const RESERVE = "reserve";
const CLAIM = "claim";

/** An order's commits: placed, reserved, paid, claimed. What it is called and holds is only remembered while it is awake. */
export class Order extends DurableObject<HopsEnv> {
  readonly #book: Notebook;
  #id = "";
  #skus: readonly string[] = [];

  constructor(ctx: DurableObjectState, env: HopsEnv) {
    super(ctx, env);
    this.#book = new Notebook(ctx, env);
  }

  async place(id: string, skus: readonly string[]): Promise<Payload> {
    this.#id = id;
    this.#skus = skus;
    this.#book.write();
    this.#book.begin(RESERVE);
    await this.#moveStock();
    const told = [due("payments", "charge", id), due("orders", "changed", id, 1), due("events", "order.placed", id)];
    this.#book.write(told, [RESERVE]);
    this.ctx.waitUntil(this.#tell(told));
    return this.env.PAYLOAD;
  }

  /** Asked before it is charged, and by the webhook, which tells what is known. */
  read(): string {
    return this.#book.read();
  }

  paid(): void {
    const id = this.#id;
    const told = [
      due("orders", "changed", id, 2),
      due("events", "order.paid", id),
      due("notifications", "order.paid", id),
    ];
    this.#book.write(told);
    this.#book.begin(CLAIM);
    this.ctx.waitUntil(this.#claimAndTell(told));
  }

  async #claimAndTell(told: readonly Due[]): Promise<void> {
    await Promise.all([send(this.env, told), this.#moveStock()]);
    this.#book.write([], [CLAIM, ...told.map(idOf)]);
  }

  async #tell(told: readonly Due[]): Promise<void> {
    await send(this.env, told);
    this.#book.end(told.map(idOf));
  }

  /** One after the other, as the shop does. */
  async #moveStock(): Promise<void> {
    for (const sku of this.#skus) await this.env.STOCK.getByName(sku).move(sku);
  }
}
