import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Shop } from "../../../bench/runtime/shop.ts";
import { SECRETS } from "../../workers.ts";
import { type Ask, Persistence, type Told } from "./persistence.ts";
import type { Kind, Story } from "./plan.ts";

/** Shoppers at a time who each wait for their answer. */
const CROWD = 16;
const LOOK_AGAIN_MS = 250;
const REST_TIMEOUT_MS = 120_000;
/** Given back of an order, in minor units. */
const REFUND = 1;

const CARDS: Readonly<Record<Kind, string | undefined>> = {
  good_card: "pm_card_visa",
  bad_card: "pm_card_visa_chargeDeclined",
  canceled: "pm_card_visa",
  browser: undefined,
  refunded: "pm_card_visa",
  scarce: "pm_card_visa",
};

export interface Accepted {
  readonly id: string;
  readonly kind: Kind;
  /** Whether the shopper was told that it cannot be canceled any more. */
  wasTooLate?: boolean;
}

/** People who do what people do in a shop that keeps breaking down: they ask again until they know. */
export class Shoppers {
  readonly accepted: Accepted[] = [];
  /** Checkouts that were refused for want of stock. */
  soldOut = 0;
  readonly persistence: Persistence;
  readonly #shop: Shop;
  readonly #scarce: string;
  readonly #later: Promise<void>[] = [];

  constructor(shop: Shop, scarce: string, persistence = new Persistence()) {
    this.#shop = shop;
    this.#scarce = scarce;
    this.persistence = persistence;
  }

  /** Lives through all stories; resolves when the last order is accepted or refused. `onOrder` is told how many were. */
  async visit(stories: readonly Story[], onOrder: (decided: number) => void): Promise<void> {
    const rest = stories.values();
    let decided = 0;
    const lane = async (): Promise<void> => {
      for (const story of rest) {
        await this.enter(story);
        decided += 1;
        onOrder(decided);
      }
    };
    await Promise.all(Array.from({ length: CROWD }, lane));
  }

  /** One shopper, until the order is accepted or refused. What comes after that goes on by itself. */
  async enter(story: Story): Promise<void> {
    const order = await this.#buy(story);
    if (order) this.#later.push(this.#afterwards(order));
    else this.soldOut += 1;
  }

  /** What shoppers and operators still do after the checkouts. */
  async goHome(): Promise<void> {
    await Promise.all(this.#later);
  }

  /** Waits until no order waits for anything any more, or for so long that those which still do are lost. */
  async rest(): Promise<void> {
    const giveUpAt = Date.now() + REST_TIMEOUT_MS;
    for (const { id } of this.accepted) await this.#until(id, isAtRest, giveUpAt);
  }

  async #buy({ kind, products }: Story): Promise<Accepted | undefined> {
    const { skus } = this.#shop;
    const wanted = kind === "scarce" ? [this.#scarce] : products.map((n) => skus[n % skus.length] ?? "");
    const cart = String((await this.#post(201, "/v1/carts", {}))["id"]);
    for (const sku of wanted) await this.#post(200, `/v1/carts/${cart}/lines`, { sku, quantity: 1 });
    const card = CARDS[kind];
    const payment = card === undefined ? {} : { payment_method: card };
    const { status, body } = await this.#ask(`/v1/carts/${cart}/checkout`, { payment });
    if (status === 409 && body["code"] === "out_of_stock" && kind === "scarce") return undefined;
    if (status !== 201) throw new Error(`the checkout of ${cart} answered ${status}: ${JSON.stringify(body)}`);
    const order: Accepted = { id: String(body["id"]), kind };
    this.accepted.push(order);
    return order;
  }

  async #afterwards(order: Accepted): Promise<void> {
    const { id, kind } = order;
    switch (kind) {
      case "canceled": {
        const { status } = await this.#ask(`/v1/orders/${id}/cancel`, undefined);
        if (status !== 200 && status !== 409) throw new Error(`canceling ${id} answered ${status}`);
        // It has been paid meanwhile, and stays so.
        order.wasTooLate = status === 409;
        return;
      }
      case "browser":
        return this.#payInBrowser(id);
      case "refunded":
        return this.#refund(id);
      case "good_card":
      case "bad_card":
      case "scarce":
        return;
    }
  }

  /** Stripe.js of a shopper, who pays once the page has the secret. */
  async #payInBrowser(id: string): Promise<void> {
    const order = await this.#until(id, ({ payment }) => payment.client_secret !== undefined || isOver(payment.status));
    const { intent, client_secret: secret } = order.payment;
    if (secret === undefined) return;
    const url = `${this.#shop.stripe}/_control/payment_intents/${intent}/confirm`;
    const body = { payment_method: "pm_card_visa", client_secret: secret };
    const { status } = await this.persistence.ask({ method: "POST", url, body });
    // 400: an answer that was lost had confirmed it.
    if (status !== 200 && status !== 400) throw new Error(`confirming ${intent} answered ${status}`);
  }

  /** An operator who clicks twice. */
  async #refund(id: string): Promise<void> {
    const order = await this.#until(id, isAtRest);
    if (order.status !== "paid") return;
    const headers = {
      authorization: `Bearer ${SECRETS["ADMIN_KEY"]?.local ?? ""}`,
      "idempotency-key": randomUUID(),
    };
    const ask: Ask = {
      method: "POST",
      url: `${this.#shop.origin}/admin/v1/orders/${id}/refund`,
      headers,
      body: { amount: REFUND, reason: "goodwill" },
    };
    for (const { status } of await Promise.all([this.persistence.ask(ask), this.persistence.ask(ask)])) {
      if (status !== 200) throw new Error(`refunding ${id} answered ${status}`);
    }
    await this.#until(id, ({ status }) => status === "partially_refunded");
  }

  /** The order once `test` holds for it, or as it is when time is up: the books will say what is wrong with it. */
  async #until(
    id: string,
    test: (order: OrderView) => boolean,
    giveUpAt: number = Date.now() + REST_TIMEOUT_MS,
  ): Promise<OrderView> {
    for (;;) {
      const { body } = await this.persistence.ask({ method: "GET", url: `${this.#shop.origin}/v1/orders/${id}` });
      // SAFETY: the order as the storefront's own schema describes it.
      const order = body as unknown as OrderView;
      if (test(order) || Date.now() > giveUpAt) return order;
      await setTimeout(LOOK_AGAIN_MS);
    }
  }

  async #post(status: number, path: string, body: unknown): Promise<Told["body"]> {
    const told = await this.#ask(path, body);
    if (told.status !== status) throw new Error(`${path} answered ${told.status}: ${JSON.stringify(told.body)}`);
    return told.body;
  }

  /** One key per step, however often it is asked. */
  #ask(path: string, body: unknown): Promise<Told> {
    const headers = { "idempotency-key": randomUUID() };
    return this.persistence.ask({ method: "POST", url: this.#shop.origin + path, headers, body });
  }
}

interface OrderView {
  readonly status: string;
  readonly payment: { readonly status: string; readonly intent?: string; readonly client_secret?: string };
}

const isOver = (status: string): boolean => status === "failed" || status === "canceled" || status === "succeeded";
const isAtRest = ({ status }: OrderView): boolean =>
  status !== "placing" && status !== "awaiting_payment" && status !== "requires_action";
