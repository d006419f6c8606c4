import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { auditShop } from "../support/audit.ts";
import { expectStatus, type OrderBody, until } from "../support/client.ts";
import { type Shop, startShop } from "../support/shop.ts";

let shop: Shop;
beforeAll(async () => {
  // Short enough to watch a lost charge being looked up and tried again.
  shop = await startShop({
    vars: { PSP_TIMEOUT_MS: "1000", PSP_SETTLE_MS: "3000", PSP_CALLS_PER_S: "50", PSP_BURST: "10" },
  });
});
beforeEach(async () => {
  await shop.client.control("DELETE", "/faults");
});
afterAll(() => shop?.close());

const CHARGE = { method: "POST", path: "/v1/payment_intents" };

/** Each fault as often as it was to come. */
async function expectAllFired(): Promise<void> {
  const { body } = await shop.client.control<{ rules: { fired: number; match: { count: number } }[] }>(
    "GET",
    "/faults",
  );
  expect(body.rules.map(({ fired }) => fired)).toEqual(body.rules.map(({ match }) => match.count));
}

/**
 * Places one order under a fault and says how it ended and how often its shopper was charged. Webhooks are held back: they would tell of the charge before
 * the shop had to find out by itself.
 */
async function buyUnder(
  rules: object[],
  settleMs = 40_000,
): Promise<{ order: OrderBody; charges: number; intents: number }> {
  const { client } = shop;
  const sku = await client.stock(2);
  await client.control("POST", "/faults", { rules, webhooks: { hold: true } });
  const placed = await expectStatus(201, client.checkout(await client.cart({ [sku]: 1 })));
  const order = await client.settled(
    placed.body.id,
    ({ status }) => status !== "awaiting_payment" && status !== "placing",
    settleMs,
  );
  await expectAllFired();
  await client.control("DELETE", "/faults");
  const { body } = await client.stripe<{ data: { status: string; metadata: Record<string, string> }[] }>(
    "/v1/payment_intents?limit=100",
  );
  const own = body.data.filter((intent) => intent.metadata["order_id"] === order.id);
  return { order, intents: own.length, charges: own.filter(({ status }) => status === "succeeded").length };
}

it("a charge that times out after the effect is looked up: paid, charged once", async () => {
  const { order, charges, intents } = await buyUnder([
    { match: { ...CHARGE, count: 1 }, effect: "timeout_after", ms: 5_000 },
  ]);
  expect(order.status).toBe("paid");
  expect([charges, intents]).toEqual([1, 1]);
});

it("a charge whose every answer is lost is found by looking, not by a new key", async () => {
  const { order, charges, intents } = await buyUnder([
    { match: { ...CHARGE, count: 3 }, effect: "timeout_after", ms: 5_000 },
    { match: { method: "GET", path: "/v1/payment_intents", count: 1 }, effect: "error_before", status: 500 },
  ]);
  expect(order.status).toBe("paid");
  expect([charges, intents]).toEqual([1, 1]);
});

it("a 500 before the effect is proven not to have happened before the next attempt starts", async () => {
  const { order, charges, intents } = await buyUnder([
    { match: { ...CHARGE, count: 1 }, effect: "error_before", status: 500 },
  ]);
  expect(order.status).toBe("paid");
  expect([charges, intents]).toEqual([1, 1]);
});

it("a connection that is reset is tried again under the same key", async () => {
  const { order, charges } = await buyUnder([{ match: { ...CHARGE, count: 2 }, effect: "reset" }]);
  expect(order.status).toBe("paid");
  expect(charges).toBe(1);
});

it("a refund and a cancellation that the provider answers with 500 happen all the same, once", async () => {
  const { client } = shop;
  const order = await client.buy({ [await client.stock(2)]: 1 });
  await client.control("POST", "/faults", {
    rules: [
      { match: { method: "POST", path: "/v1/refunds", count: 1 }, effect: "error_before", status: 500 },
      {
        match: { method: "POST", path: "^/v1/payment_intents/[^/]+/cancel", count: 1 },
        effect: "error_before",
        status: 500,
      },
    ],
  });
  const headers = { authorization: `Bearer ${client.adminKey}`, "idempotency-key": "k".repeat(255) };
  await expectStatus(
    200,
    client.send("POST", `/admin/v1/orders/${order.id}/refund`, { body: { reason: "late" }, headers }),
  );
  const unpaid = await expectStatus(201, client.checkout(await client.cart({ [await client.stock(2)]: 1 }), {}));
  const { payment } = await client.settled(unpaid.body.id, ({ payment: { intent } }) => intent !== undefined);
  await expectStatus(200, client.send("POST", `/v1/orders/${unpaid.body.id}/cancel`));
  expect(await client.settled(order.id, ({ status }) => status === "refunded", 40_000)).toBeTruthy();
  const { body } = await client.stripe<{ data: unknown[] }>(`/v1/refunds?payment_intent=${order.payment.intent}`);
  expect(body.data).toHaveLength(1);
  await until(
    () => client.stripe<{ status: string }>(`/v1/payment_intents/${payment.intent}`),
    ({ body: intent }) => intent.status === "canceled",
    40_000,
  );
  await expectAllFired();
});

it("a payment that waits for its turn says so, with an estimate", async () => {
  const { client } = shop;
  await client.control("POST", "/faults", { rules: [{ match: CHARGE, effect: "latency", ms: 900 }] });
  const sku = await client.stock(1);
  const placed = await expectStatus(201, client.checkout(await client.cart({ [sku]: 1 })));
  const waiting = await client.order(placed.body.id);
  expect(waiting).toMatchObject({ status: "awaiting_payment", payment: { status: "queued", expected_in_seconds: 1 } });
  expect((await client.settled(placed.body.id)).payment).not.toHaveProperty("expected_in_seconds");
});

it("pitfall 28: a limit of the provider slows charges down and sends none to the dead letters", async () => {
  const { client } = shop;
  await client.control("POST", "/rate-limit", { writes_per_s: 15, reads_per_s: null });
  const sku = await client.stock(100);
  const carts = await Promise.all(Array.from({ length: 60 }, () => client.cart({ [sku]: 1 })));
  const placed = await Promise.all(carts.map((cart) => expectStatus(201, client.checkout(cart))));
  const orders = await Promise.all(placed.map(({ body }) => client.settled(body.id, undefined, 60_000)));
  await client.control("POST", "/rate-limit", { writes_per_s: null, reads_per_s: null });
  expect(orders.map(({ status }) => status)).toEqual(orders.map(() => "paid"));
  const { body } = await client.admin<{ data: unknown[] }>("GET", "/admin/v1/dead-letters?queue=payments-dead");
  expect(body.data).toEqual([]);
});

it("balances afterwards", async () => {
  const { balanced, text } = await auditShop(shop.client);
  expect(balanced, text).toBe(true);
});
