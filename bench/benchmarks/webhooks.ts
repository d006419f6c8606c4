import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type Stripe from "stripe";
import * as z from "zod";
import { stripeClient } from "../../scripts/audit/finding.ts";
import { SECRETS } from "../../scripts/workers.ts";
import type { Contest, Side } from "../contest.ts";
import { type Call, sendAll } from "../load.ts";
import { checkoutOf, fillCarts, JSON_BODY } from "../runtime/carts.ts";
import { settleOrders } from "../runtime/orders.ts";
import type { Shop } from "../runtime/shop.ts";
import type { Benchmark, Field } from "./list.ts";
import { inTurns, OBJECTS, touch } from "./sides.ts";

const SECRET = SECRETS["STRIPE_WEBHOOK_SECRET"]?.local ?? "";
/** What the shopper of these orders has to do first, so that they are neither paid nor given up. */
const PAYMENT = { payment_method: "pm_card_authenticationRequired", return_url: "https://shop.example/thanks" };
const CHARGED_MS = 60_000;
const LOOK_EVERY_MS = 200;

const intentSchema = z.object({ metadata: z.object({ order_id: z.string() }) });
const orderSchema = z.object({ payment: z.object({ next_action: z.unknown() }) });

/** Every event moves its order: the shopper is asked for another step. */
export const webhookIntake: Benchmark = {
  name: "webhook-intake",
  group: "webhooks",
  title: "POST /webhooks/stripe, signed, each of which moves its order",
  contest: (field) =>
    contestOf(field, "an event that moves an order", (intent) => ({ ...intent, next_action: nextStep() })),
};

/** Stripe tells of every charge once more after it has answered, and every event at least once. */
export const webhookRepeat: Benchmark = {
  name: "webhook-repeat",
  group: "webhooks",
  title: "POST /webhooks/stripe, signed, each of which tells its order what it knows",
  contest: (field) => contestOf(field, "an event that its order knows", (intent) => intent),
};

type Intent = Readonly<Record<string, unknown>>;

function contestOf({ shop, yardstick, carts }: Field, label: string, change: (intent: Intent) => Intent): Contest {
  const stripe = stripeClient(shop.stripe, SECRETS["STRIPE_SECRET_KEY"]?.local ?? "");
  let next: (() => Stripe.Event) | undefined;
  let last: Intent = {};
  /** What the events of this round said. */
  const said = new Set<string>();
  const webhook = (path: string, event: object): Call => {
    const payload = JSON.stringify(event);
    const signature = stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET });
    return { method: "POST", path, headers: { ...JSON_BODY, "stripe-signature": signature }, body: payload };
  };
  /** The provider's own event of an order, told now, as one that was never told before. */
  const told = () => {
    if (!next) throw new Error("no order was prepared");
    const event = next();
    // SAFETY: the object of a `payment_intent` event.
    const object = change(event.data.object as unknown as Intent);
    return { ...event, id: `evt_${randomUUID()}`, created: Math.floor(Date.now() / 1_000), data: { object } };
  };
  const prepare = async (): Promise<void> => {
    next ??= inTurns(await waitingOrders(shop, stripe, carts.length));
  };
  const cells = Array.from({ length: OBJECTS }, (_, cell) => `/webhooks/${cell}`);
  const nextCell = inTurns(cells);
  const bare: Side = {
    label: "bare route, HMAC of the body, one row written",
    origin: yardstick.origin,
    status: 200,
    unit: { name: "webhooks", perCall: 1 },
    prepare: async () => {
      await prepare();
      await touch(
        yardstick.origin,
        cells.map((path) => webhook(path, told())),
      );
    },
    next: () => webhook(nextCell(), told()),
  };
  const subject: Side = {
    label: `the shop: ${label}`,
    origin: shop.origin,
    status: 200,
    unit: { name: "webhooks", perCall: 1 },
    prepare: async () => {
      said.clear();
      await prepare();
    },
    next: () => {
      const event = told();
      last = event.data.object;
      said.add(JSON.stringify(last["next_action"]));
      return webhook("/webhooks/stripe", event);
    },
    settle: async () => {
      await settleOrders(shop.admin, 0);
      // An answer says that the event was taken in, and not what it did. Any of the round will do: two about one order may overtake each other.
      const known = await nextActionOf(shop, last);
      if (!said.has(known)) throw new Error(`${label}: the order knows ${known}, which no event said`);
    },
  };
  return { yardstick: bare, subject, others: [] };
}

const nextStep = (): Intent => ({ type: "use_stripe_sdk", use_stripe_sdk: { step: randomUUID() } });

const orderOf = (intent: object): string => intentSchema.parse(intent).metadata.order_id;

/** What the order of this intent tells its shopper to do, as JSON. */
async function nextActionOf({ origin }: Shop, intent: Intent): Promise<string> {
  const answer = await fetch(`${origin}/v1/orders/${orderOf(intent)}`);
  return JSON.stringify(orderSchema.parse(await answer.json()).payment.next_action);
}

/** As many orders as other benchmarks have carts, that wait for their shopper; answers the events by which the provider said so. */
async function waitingOrders(shop: Shop, stripe: Stripe, count: number): Promise<Stripe.Event[]> {
  const carts = await fillCarts(shop, count);
  const ids = new Set<string>();
  const body = JSON.stringify({ payment: PAYMENT });
  await sendAll(
    shop.origin,
    carts.map((id) => ({ ...checkoutOf(id), body })),
    201,
    (text) => {
      // SAFETY: an order as the shop answers it.
      ids.add((JSON.parse(text) as { readonly id: string }).id);
    },
  );
  const giveUpAt = Date.now() + CHARGED_MS;
  for (;;) {
    const events: Stripe.Event[] = [];
    for await (const event of stripe.events.list({ type: "payment_intent.requires_action", limit: 100 })) {
      if (ids.has(orderOf(event.data.object))) events.push(event);
    }
    if (events.length === ids.size) {
      await settleOrders(shop.admin, 0);
      return events;
    }
    if (Date.now() > giveUpAt) throw new Error(`${events.length} of ${ids.size} orders came to wait for their shopper`);
    await setTimeout(LOOK_EVERY_MS);
  }
}
