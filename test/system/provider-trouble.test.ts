import { afterAll, beforeAll, expect, it } from "vitest";
import { auditShop } from "../support/audit.ts";
import { expectStatus, type OrderBody } from "../support/client.ts";
import { type Shop, startShop } from "../support/shop.ts";

/**
 * Goal: whatever the provider does to an answer, the order ends as its money did. The threat is a second charge under a new key for a call whose
 * answer never came, and an order given up although its charge went through.
 */
const ORDERS = 60;
const ended = (status: string): string[] => orders.flatMap((order) => (order.status === status ? order.id : []));
const CHARGE = { method: "POST", path: "/v1/payment_intents" };

let shop: Shop;
/** As they ended, for the tests that look at them afterwards. */
let orders: readonly OrderBody[] = [];
beforeAll(async () => {
  // Short, so that a lost answer is noticed, looked up and, where nothing happened, tried again within the test.
  shop = await startShop({
    vars: { PSP_TIMEOUT_MS: "1000", PSP_SETTLE_MS: "3000", PSP_CALLS_PER_S: "50", PSP_BURST: "10" },
  });
});
afterAll(() => shop?.close());

it("sixty orders come to rest while a fifth of the charge calls time out after the effect and a tenth fail before it", async () => {
  const { client } = shop;
  const sku = await client.stock(ORDERS);
  const carts = await Promise.all(Array.from({ length: ORDERS }, () => client.cart({ [sku]: 1 })));
  await client.control("POST", "/faults", {
    seed: 3,
    rules: [
      { match: { ...CHARGE, probability: 0.2 }, effect: "timeout_after", ms: 5_000 },
      // Of the calls that the first rule left alone, so an eighth of these is a tenth of all.
      { match: { ...CHARGE, probability: 0.125 }, effect: "error_before", status: 500 },
    ],
  });
  const placed = await Promise.all(carts.map((cart) => expectStatus(201, client.checkout(cart))));
  orders = await Promise.all(
    placed.map(({ body }) => client.settled(body.id, ({ status }) => status !== "awaiting_payment", 150_000)),
  );
  // Three attempts that all failed before the effect, one order in a thousand, rightly end the order without a charge.
  expect(orders.filter(({ status }) => status !== "paid" && status !== "payment_failed")).toEqual([]);
  expect(ended("paid").length).toBeGreaterThan(ORDERS * 0.9);
  const { body: faults } = await client.control<{ rules: { fired: number }[] }>("GET", "/faults");
  for (const { fired } of faults.rules) expect(fired).toBeGreaterThan(0);
  await client.control("DELETE", "/faults");
});

it("each paid order was charged once, each that failed not at all, and nobody else", async () => {
  const { client } = shop;
  const { body } = await client.stripe<{ data: { id: string; status: string; metadata: Record<string, string> }[] }>(
    "/v1/payment_intents?limit=100",
  );
  const charged = body.data.flatMap(({ status, metadata }) => (status === "succeeded" ? metadata["order_id"] : []));
  expect(charged.toSorted()).toEqual(ended("paid").toSorted());
  const { balanced, text } = await auditShop(client, 60);
  expect(balanced, text).toBe(true);
});

it("nothing of it is left for a person", async () => {
  const { body } = await shop.client.admin<{ dead_letters: { count: number }[] }>("GET", "/admin/v1/metrics");
  expect(body.dead_letters.length).toBeGreaterThan(0);
  expect(body.dead_letters.every(({ count }) => count === 0)).toBe(true);
});
