import type { Cart } from "./cart.ts";
import type { Message } from "./messages.ts";
import type { Order } from "./order.ts";
import type { Stock } from "./stock.ts";
import type { Tally } from "./tally.ts";

/** A cart as the shop answers it, so that both sides send, store and serialise as many bytes. What else is in it is only carried. */
export interface Payload {
  readonly id: string;
}

/** Every one of the Workers has these; the objects are in one of their own, as the shop's are. */
export interface HopsEnv {
  readonly CART: DurableObjectNamespace<Cart>;
  readonly ORDER: DurableObjectNamespace<Order>;
  readonly STOCK: DurableObjectNamespace<Stock>;
  readonly TALLY: DurableObjectNamespace<Tally>;
  readonly DB: D1Database;
  readonly PAYMENTS_QUEUE: Queue<Message>;
  readonly ORDERS_QUEUE: Queue<Message>;
  readonly EVENTS_QUEUE: Queue<Message>;
  readonly NOTIFICATIONS_QUEUE: Queue<Message>;
  /** What the front door passes webhooks on to. Nobody else has it. */
  readonly PAYMENTS?: Fetcher;
  readonly PAYLOAD: Payload;
  /** Origin of the stand-in for Stripe, and what it knows us by. */
  readonly STRIPE: string;
  readonly STRIPE_KEY: string;
  readonly WEBHOOK_SECRET: string;
}
