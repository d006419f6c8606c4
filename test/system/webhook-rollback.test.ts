import { afterAll, beforeAll, expect, it } from "vitest";
import { auditShop } from "../support/audit.ts";
import { expectStatus, type OrderBody, until } from "../support/client.ts";
import { deployWith } from "../support/deploy.ts";
import { FlagClient, legacyStats, sharedProduct } from "../support/rollout.ts";
import { type Shop, startShop } from "../support/shop.ts";

/**
 * Goal: the incident that this shop was built after. Stripe sends another API version whose events the new handler cannot read: it is taken out of the way
 * by itself, no order waits for its payment, the events that were not understood are kept with their cause, and replayed when the reader has been taught.
 * Threat: money at Stripe that the shop does not know of.
 */
let shop: Shop;
let sku: string;
const flag = (): FlagClient => new FlagClient(shop.client, "payment.webhook");
beforeAll(async () => {
  shop = await startShop({ legacy: true, vars: { FLAG_DWELL_MS: "0" } });
  sku = await sharedProduct(shop, 1_000);
  await new FlagClient(shop.client, "cart.write").climb(5);
  await new FlagClient(shop.client, "checkout.write").climb(5);
});
afterAll(() => shop?.close());

/** An order that its shopper pays in the browser: only a webhook, or a question, can tell of it. */
async function payInBrowser(): Promise<OrderBody> {
  const { client } = shop;
  const placed = await until(
    async () => (await expectStatus(201, client.checkout(await client.cart({ [sku]: 1 }), {}))).body,
    ({ id }) => id.startsWith("ord_"),
  );
  const order = await client.settled(placed.id, ({ payment }) => payment.client_secret !== undefined);
  await client.control("POST", `/payment_intents/${order.payment.intent}/confirm`, {
    payment_method: "pm_card_visa",
    client_secret: order.payment.client_secret,
  });
  return order;
}
const paid = (order: OrderBody): Promise<OrderBody> => shop.client.settled(order.id, ({ status }) => status === "paid");

interface Cause {
  readonly cause: string;
  readonly reason: string;
  readonly path: string;
  readonly note: string;
  readonly waiting: number;
}
const causes = async (): Promise<Cause[]> =>
  (await shop.client.admin<{ data: Cause[] }>("GET", "/admin/v1/webhooks/rejected/causes")).body.data;

it("before the path is opened, events are not read: the monolith has them, and the shop's own orders ask the provider", async () => {
  const order = await payInBrowser();
  expect(await paid(order)).toMatchObject({ status: "paid" });
  expect((await legacyStats(shop.legacy)).calls["POST /webhooks/stripe"]).toBeGreaterThan(0);
  await flag().command("start");
  const shadow = await until(
    async () => {
      await paid(await payInBrowser());
      return flag().read();
    },
    ({ evidence }) => (evidence?.operations ?? 0) > 0,
    60_000,
  );
  expect(shadow).toMatchObject({ state: "shadow", evidence: { errors: 0 } });
});

it("open, it reads what is the shop's and passes on what is the monolith's", async () => {
  for (let rung = 1; rung <= 5; rung++) await flag().command("advance");
  await until(
    async () => {
      await paid(await payInBrowser());
      return flag().read();
    },
    ({ evidence }) => (evidence?.operations ?? 0) > 0,
    60_000,
  );
  expect(await flag().read()).toMatchObject({ state: "complete", guard: { s: 0 } });
});

it("events of another API version are rolled back from, kept with their cause, and nobody's payment is missed", async () => {
  const webhooks = {
    types: ["payment_intent.succeeded"],
    rename_fields: { amount_received: "amount_captured" },
    api_version: "2031-01-01.next",
  };
  await shop.client.control("POST", "/faults", { webhooks });
  const orders: OrderBody[] = [];
  for (let i = 0; i < 7; i++) orders.push(await payInBrowser());
  const rolledBack = await flag().settled(({ state }) => state === "rolled_back", 30_000);
  expect(rolledBack.errors[0]).toMatchObject({ code: "schema_mismatch" });
  await Promise.all(orders.map(paid));
  expect(await causes()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        reason: "schema_mismatch",
        path: "/data/object/amount_received",
        note: expect.stringContaining("2031-01-01.next"),
      }),
    ]),
  );
}, 120_000);

it("after the fix what was rejected is replayed, changes nothing that is known, and the path begins anew", async () => {
  await deployWith(shop, "payments", { "./webhook-readers.ts": "test/support/taught-readers.ts" });
  const cause = (await causes()).find(({ reason }) => reason === "schema_mismatch");
  if (!cause) throw new Error("the cause is gone");
  const path = `/admin/v1/webhooks/rejected/causes/${cause.cause}/replay`;
  const { body } = await expectStatus(
    200,
    shop.client.admin<{ understood: number; waiting: number }>("POST", path, { limit: 50 }),
  );
  expect(body).toMatchObject({ understood: cause.waiting, waiting: 0 });
  expect(await flag().command("rearm", "the reader knows both names now")).toMatchObject({ state: "shadow", epoch: 3 });
  for (let rung = 1; rung <= 5; rung++) await flag().command("advance");
  await until(
    async () => {
      await paid(await payInBrowser());
      return flag().read();
    },
    ({ evidence }) => (evidence?.operations ?? 0) > 0,
    60_000,
  );
  expect(await flag().read()).toMatchObject({ state: "complete", guard: { s: 0 } });
}, 120_000);

it("the books balance", async () => {
  const audit = await auditShop(shop.client);
  expect(audit.balanced, audit.text).toBe(true);
});
