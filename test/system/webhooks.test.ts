import Stripe from "stripe";
import { afterAll, beforeAll, expect, it } from "vitest";
import { auditShop } from "../support/audit.ts";
import { type CartBody, expectStatus, type OrderBody, type ProblemBody, until } from "../support/client.ts";
import { type Shop, startShop } from "../support/shop.ts";
import { SECRETS } from "../../scripts/workers.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await startShop({ vars: { ORDER_EXPIRY_MS: String(EXPIRY_MS) } });
});
afterAll(() => shop?.close());

interface TestQueue {
  send(body: unknown): Promise<void>;
  sendBatch(messages: { body: unknown }[]): Promise<void>;
}

const EXPIRY_MS = 4_000;
const sdk = new Stripe("sk_test_x");

/** Delivers an event as Stripe would, signed now or at another time. */
async function deliver(event: object, options: { secret?: string; timestamp?: number } = {}) {
  const payload = JSON.stringify(event);
  const secret = options.secret ?? SECRETS["STRIPE_WEBHOOK_SECRET"]?.local ?? "";
  const timestamp = options.timestamp ?? Math.floor(Date.now() / 1_000);
  const signature = await sdk.webhooks.generateTestHeaderStringAsync({ payload, secret, timestamp });
  return shop.client.send<ProblemBody & { handled?: boolean; reason?: string }>("POST", "/webhooks/stripe", {
    raw: payload,
    headers: { "stripe-signature": signature, "content-type": "application/json" },
  });
}

/** What the consumer of `orders` wrote about a fact that it had told its order: a line for every delivery. */
const toldOf = (messageId: string): { applied: boolean }[] =>
  shop.harness.getLogs().flatMap(({ message }) => {
    if (!message.includes('"fact_applied"')) return [];
    // SAFETY: the Workers write an object per line; docs/operations.md has this one.
    const line = JSON.parse(message) as { messageId: string; applied: boolean };
    return line.messageId === messageId ? [line] : [];
  });

const historyOf = async (id: string) =>
  (await shop.client.admin<{ history: unknown[]; ledger: { kind: string }[] }>("GET", `/admin/v1/orders/${id}`)).body;

it("pitfall 2 and 12: every webhook three times, shuffled and late, changes nothing", async () => {
  const { client } = shop;
  const sku = await client.stock(20);
  await client.control("POST", "/faults", { webhooks: { duplicate: 2, reorder: true, delay_ms: [0, 400] } });
  const orders = await Promise.all(Array.from({ length: 8 }, () => client.buy({ [sku]: 1 })));
  expect(orders.map(({ status }) => status)).toEqual(orders.map(() => "paid"));
  const quiet = async () =>
    (await client.control<{ state: { undelivered_events: number } }>("GET", "/stats")).body.state.undelivered_events;
  await until(quiet, (undelivered) => undelivered === 0);
  await client.control("DELETE", "/faults");
  const before = await Promise.all(orders.map(({ id }) => historyOf(id)));

  // And once more, an hour late as far as the event's own time says, signed freshly as Stripe does.
  const { body } = await client.stripe<{ data: { created: number; type: string }[] }>("/v1/events?limit=100");
  const late = body.data.map((event) => ({ ...event, created: event.created - 3_600 })).sort(() => Math.random() - 0.5);
  for (const event of late) expect((await deliver(event)).status).toBe(200);
  await Promise.all(["orders", "payments"].map((queue) => client.drained(queue)));

  expect(await Promise.all(orders.map(({ id }) => historyOf(id)))).toEqual(before);
  for (const { ledger } of before) expect(ledger).toMatchObject([{ kind: "capture" }]);
  expect(await client.level(sku)).toMatchObject({ sold: 8, reserved: 0 });
});

it("pitfall 5: events that are not ours are answered 200 and change nothing", async () => {
  for (const type of [
    "payout.paid",
    "charge.dispute.created",
    "charge.refunded",
    "customer.created",
    "payment_intent.succeeded",
  ]) {
    const event = {
      id: `evt_${type}`,
      object: "event",
      type,
      created: 1_700_000_000,
      api_version: "2026-10-28.endive",
      data: { object: { id: "x", object: "x", metadata: {} } },
    };
    expect(await deliver(event)).toMatchObject({ status: 200, body: { received: true, handled: false } });
  }
});

it("a bad signature is answered 400, recorded, and nothing is done", async () => {
  const sku = await shop.client.stock(1);
  const placed = await expectStatus(201, shop.client.checkout(await shop.client.cart({ [sku]: 1 }), {}));
  const object = {
    id: "pi_forged",
    object: "payment_intent",
    status: "succeeded",
    amount_received: 2_495,
    currency: "usd",
    metadata: { order_id: placed.body.id, attempt: "1" },
  };
  const forged = {
    id: "evt_forged",
    object: "event",
    type: "payment_intent.succeeded",
    created: 1_700_000_000,
    data: { object },
  };
  expect(await deliver(forged, { secret: "whsec_wrong" })).toMatchObject({
    status: 400,
    body: { code: "bad_signature" },
  });
  const hourAgo = Math.floor(Date.now() / 1_000) - 3_600;
  expect(await deliver(forged, { timestamp: hourAgo })).toMatchObject({ status: 400, body: { code: "bad_signature" } });
  const { body } = await shop.client.admin<{ data: { reason: string }[] }>("GET", "/admin/v1/webhooks/rejected");
  expect(body.data.map(({ reason }) => reason)).toEqual(expect.arrayContaining(["bad_signature", "stale"]));
  expect((await shop.client.order(placed.body.id)).payment.captured.amount).toBe(0);
  await expectStatus(200, shop.client.send("POST", `/v1/orders/${placed.body.id}/cancel`));
});

it("pitfall 3: a payment whose news come after the order expired gets the goods again, or its money back", async () => {
  const { client } = shop;
  for (const stockIsGone of [false, true]) {
    const sku = await client.stock(1);
    const cart = await client.cart({ [sku]: 1 });
    const placed = await expectStatus(201, client.checkout(cart, {}));
    const { payment } = await client.settled(placed.body.id, (order) => order.payment.client_secret !== undefined);
    // The shopper pays in the last moment; the webhook is held back until the order has expired. Canceling the intent fails: it is paid.
    await client.control("POST", "/faults", {
      webhooks: { hold: true },
      rules: [{ match: { path: "/v1/payment_intents", method: "POST" }, effect: "error_before", status: 503 }],
    });
    await client.control("POST", `/payment_intents/${payment.intent}/confirm`, {
      payment_method: "pm_card_visa",
      client_secret: payment.client_secret,
    });
    await client.settled(placed.body.id, (order) => order.status === "expired", 15_000);
    await until(
      () => client.level(sku),
      ({ reserved }) => reserved === 0,
    );
    if (stockIsGone)
      await expectStatus(200, client.admin("POST", `/admin/v1/stock/${sku}/adjust`, { delta: -1, reason: "broken" }));
    await client.control("DELETE", "/faults");
    const end = stockIsGone ? "refunded" : "paid";
    const order = await client.settled(placed.body.id, ({ status }) => status === end, 30_000);
    expect(order.payment).toMatchObject({ refunded: { amount: stockIsGone ? 2_495 : 0 } });
    expect(await client.level(sku)).toMatchObject({ sold: stockIsGone ? 0 : 1, reserved: 0 });
    // Open, the cart of a paid order would be bought a second time.
    const { body } = await until(
      () => client.send<CartBody>("GET", `/v1/carts/${cart}`),
      ({ body: { status } }) => status === (stockIsGone ? "open" : "ordered"),
    );
    expect(body.order_id).toBe(stockIsGone ? undefined : placed.body.id);
  }
});

it("a debit that is with the bank outlives the order's time, the books agree meanwhile, and then it is paid or fails", async () => {
  const { client } = shop;
  const sku = await client.stock(2);
  const method = { payment_method: "pm_usBankAccount", return_url: "https://shop.example/return" };
  const place = async (): Promise<OrderBody> => {
    const placed = await expectStatus(201, client.checkout(await client.cart({ [sku]: 1 }), method));
    return client.settled(placed.body.id, ({ payment }) => payment.status === "processing");
  };
  const [good, bad] = [await place(), await place()];
  await new Promise((resolve) => setTimeout(resolve, 2.5 * EXPIRY_MS));
  for (const { id } of [good, bad]) expect(await client.order(id)).toMatchObject({ status: "awaiting_payment" });
  expect(await client.level(sku)).toMatchObject({ reserved: 2, sold: 0 });
  const { balanced, text } = await auditShop(client);
  expect(balanced, text).toBe(true);
  await client.control("POST", `/payment_intents/${good.payment.intent}/settle`, { outcome: "success" });
  await client.control("POST", `/payment_intents/${bad.payment.intent}/settle`, { outcome: "fail" });
  await client.settled(good.id, ({ status }) => status === "paid");
  await client.settled(bad.id, ({ status }) => status === "payment_failed");
  await until(
    () => client.level(sku),
    ({ reserved, sold }) => reserved === 0 && sold === 1,
  );
});

it("pitfall 2: a message that a queue delivers twice is applied once", async () => {
  const { client, harness } = shop;
  const sku = await client.stock(3);
  const order: OrderBody = await client.buy({ [sku]: 1 });
  const env = await harness
    .getWorker<{ ORDERS_QUEUE: TestQueue; PAYMENTS_QUEUE: TestQueue }>("breakwater-objects")
    .getEnv();
  const charges = async () =>
    (await client.control<{ calls: Record<string, number> }>("GET", "/stats")).body.calls["POST /v1/payment_intents"];
  const before = [await historyOf(order.id), await charges()];
  const fact = {
    type: "captured",
    intent: order.payment.intent,
    amount: order.totals.total.amount,
    currency: "USD",
    attempt: 1,
    at: 0,
  };
  for (let i = 0; i < 2; i++) {
    await env.PAYMENTS_QUEUE.send({
      v: 1,
      type: "payment.charge",
      id: `charge:${order.id}:1`,
      orderId: order.id,
      attempt: 1,
    });
    await env.ORDERS_QUEUE.send({ v: 1, type: "payment.fact", id: "again", orderId: order.id, source: "api", fact });
  }
  // The queue gathers facts for a second; charges it delivers at once, so those are done by then.
  const told = await until(
    async () => toldOf("again"),
    (lines) => lines.length === 2,
  );
  expect(told.map(({ applied }) => applied)).toEqual([false, false]);
  expect([await historyOf(order.id), await charges()]).toEqual(before);
});

it("a poison message ends in the dead letters and never blocks its batch", async () => {
  const { client, harness } = shop;
  const env = await harness.getWorker<{ ORDERS_QUEUE: TestQueue }>("breakwater-objects").getEnv();
  await env.ORDERS_QUEUE.sendBatch([{ body: { v: 1, type: "nonsense" } }, { body: "not even an object" }]);
  const sku = await client.stock(1);
  expect(await client.buy({ [sku]: 1 })).toMatchObject({ status: "paid" });
  await until(
    () => client.admin<{ data: { queue: string; body: unknown }[] }>("GET", "/admin/v1/dead-letters?queue=orders-dead"),
    ({ body }) => body.data.length >= 2,
  );
});

it("balances afterwards", async () => {
  const { balanced, text } = await auditShop(shop.client);
  expect(balanced, text).toBe(true);
});
