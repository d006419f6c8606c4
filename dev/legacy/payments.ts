import Stripe from "stripe";
import type { LegacySettings } from "./settings.ts";
import type { LegacyOrder, LegacyStore } from "./store.ts";

/** The monolith's own integration of the payment provider: it waits for the charge inside the request, as monoliths do. */
export class LegacyPayments {
  readonly #stripe: Stripe;
  readonly #secret: string;
  readonly #store: LegacyStore;

  constructor({ stripeApiBase, stripeSecretKey, webhookSecret }: LegacySettings, store: LegacyStore) {
    const { hostname, port, protocol } = new URL(stripeApiBase);
    this.#stripe = new Stripe(stripeSecretKey, {
      host: hostname,
      port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
      protocol: protocol === "https:" ? "https" : "http",
      maxNetworkRetries: 2,
      telemetry: false,
    });
    this.#secret = webhookSecret;
    this.#store = store;
  }

  /** `key` is the provider's idempotency key: whoever charges under it, there is one charge. */
  async charge(order: LegacyOrder, method: string | undefined, key: string): Promise<LegacyOrder> {
    try {
      const intent = await this.#stripe.paymentIntents.create(
        {
          amount: order.totals.total,
          currency: order.currency.toLowerCase(),
          metadata: { order_id: order.id },
          automatic_payment_methods: { enabled: true, ...(method !== undefined && { allow_redirects: "never" }) },
          ...(method !== undefined && { payment_method: method, confirm: true }),
        },
        { idempotencyKey: key },
      );
      return this.#settle(order, intent);
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeCardError)) throw error;
      const { code = "card_declined", message } = error;
      return this.#store.saveOrder({ ...moved(order), status: "payment_failed", error: { code, message } });
    }
  }

  /** Takes in an event, whoever's it is: what is not about an order of ours is acknowledged and left alone. */
  receive(body: string, signature: string): { readonly received: true; readonly handled: boolean } | undefined {
    let event: Stripe.Event;
    try {
      event = this.#stripe.webhooks.constructEvent(body, signature, this.#secret);
    } catch {
      return undefined;
    }
    const { object } = event.data;
    if (object.object !== "payment_intent") return { received: true, handled: false };
    const order = this.#store.orders.get(object.metadata["order_id"] ?? "");
    if (!order) return { received: true, handled: false };
    if (order.status !== "paid") this.#settle(order, object);
    return { received: true, handled: true };
  }

  #settle(order: LegacyOrder, intent: Stripe.PaymentIntent): LegacyOrder {
    const known = { ...moved(order), intent: intent.id, clientSecret: intent.client_secret ?? undefined };
    // Whatever a later API version calls the rest of the event: the monolith believes the status.
    if (intent.status === "succeeded") {
      return this.#store.saveOrder({ ...known, status: "paid", captured: order.totals.total });
    }
    if (intent.status === "requires_action") return this.#store.saveOrder({ ...known, status: "requires_action" });
    const isOver = intent.status === "canceled";
    return this.#store.saveOrder({ ...known, status: isOver ? "payment_failed" : "awaiting_payment" });
  }
}

const moved = (order: LegacyOrder): LegacyOrder => ({ ...order, version: order.version + 1, updatedAt: Date.now() });
