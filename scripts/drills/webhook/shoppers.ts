import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import type { Shop } from "../../../bench/runtime/shop.ts";

const orderSchema = z.object({
  id: z.string(),
  status: z.string(),
  payment: z.object({ intent: z.string().optional(), client_secret: z.string().optional() }),
});
const cartSchema = z.object({ id: z.string() });
const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 100;

/** People who pay in their browser: the shop learns of it from a webhook, or by asking. */
export class BrowserShoppers {
  readonly orders: string[] = [];
  readonly #shop: Shop;

  constructor(shop: Shop) {
    this.#shop = shop;
  }

  /** One after the other; each waits until the shop says that the order is paid, or until it has waited long enough. */
  async buy(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.#buy();
  }

  /** Orders that were paid for and that the shop does not know to be paid. */
  async unpaid(): Promise<string[]> {
    const states = await Promise.all(this.orders.map((id) => this.#order(id)));
    return states.flatMap(({ id, status }) => (status === "paid" ? [] : [id]));
  }

  async #buy(): Promise<void> {
    const { skus, stripe } = this.#shop;
    const cart = cartSchema.parse(await this.#send("POST", "/v1/carts", {})).id;
    const sku = skus[this.orders.length % skus.length] ?? "";
    await this.#send("POST", `/v1/carts/${cart}/lines`, { sku, quantity: 1 });
    const placed = orderSchema.parse(await this.#send("POST", `/v1/carts/${cart}/checkout`, { payment: {} }));
    const ready = await this.#until(placed.id, ({ payment }) => payment.client_secret !== undefined);
    const confirm = { payment_method: "pm_card_visa", client_secret: ready.payment.client_secret };
    await fetch(`${stripe}/_control/payment_intents/${ready.payment.intent}/confirm`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(confirm),
    });
    this.orders.push(placed.id);
    await this.#until(placed.id, ({ status }) => status === "paid");
  }

  async #until(
    id: string,
    test: (order: z.infer<typeof orderSchema>) => boolean,
  ): Promise<z.infer<typeof orderSchema>> {
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      const order = await this.#order(id);
      if (test(order) || Date.now() > giveUpAt) return order;
      await setTimeout(LOOK_EVERY_MS);
    }
  }

  async #order(id: string): Promise<z.infer<typeof orderSchema>> {
    const response = await fetch(`${this.#shop.origin}/v1/orders/${id}`);
    return orderSchema.parse(await response.json());
  }

  async #send(method: string, path: string, body: unknown): Promise<unknown> {
    const headers = { "content-type": "application/json", "idempotency-key": randomUUID() };
    const response = await fetch(this.#shop.origin + path, { method, headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }
}
