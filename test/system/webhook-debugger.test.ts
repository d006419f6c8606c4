import { afterAll, beforeAll, expect, it } from "vitest";
import { auditShop } from "../support/audit.ts";
import { expectStatus, type OrderBody, until } from "../support/client.ts";
import { deployWith } from "../support/deploy.ts";
import { type Shop, startShop } from "../support/shop.ts";

/**
 * Goal: Stripe renames a field overnight. The on-call engineer sees one cause with the place and the number, teaches the reader, deploys,
 * replays, and every order that was paid meanwhile is paid. Threat: the money is at Stripe, and the shop has thrown the news away.
 */
interface Cause {
  readonly cause: string;
  readonly reason: string;
  readonly path: string;
  readonly note: string;
  readonly count: number;
  readonly waiting: number;
  readonly newest_example: number;
}
interface Rejected {
  readonly id: number;
  readonly cause: string;
  readonly status: string;
  readonly event_id: string;
  readonly order_id: string;
  readonly payload: string;
  readonly headers: Record<string, string>;
  readonly mismatch: { readonly path: string; readonly expected: string; readonly actual: string };
  readonly replay?: { readonly count: number; readonly result: string };
}
interface CauseReplay {
  readonly tried: number;
  readonly understood: number;
  readonly waiting: number;
  readonly results: readonly { readonly id: number; readonly result: string; readonly repeated: boolean }[];
}

const REJECTED = "/admin/v1/webhooks/rejected";
const ORDERS = 3;

let shop: Shop;
let orders: OrderBody[];
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop?.close());

const causes = async (): Promise<Cause[]> =>
  (await expectStatus(200, shop.client.admin<{ data: Cause[] }>("GET", `${REJECTED}/causes`))).body.data;
const theCause = async (): Promise<Cause> => {
  const cause = (await causes()).find(({ reason }) => reason === "schema_mismatch");
  if (!cause) throw new Error("there is no schema mismatch");
  return cause;
};

/** An order that its shopper pays in the browser: only the webhook can tell of it. */
async function payInBrowser(sku: string): Promise<OrderBody> {
  const { client } = shop;
  const placed = await expectStatus(201, client.checkout(await client.cart({ [sku]: 1 }), {}));
  const order = await client.settled(placed.body.id, ({ payment }) => payment.client_secret !== undefined);
  await client.control("POST", `/payment_intents/${order.payment.intent}/confirm`, {
    payment_method: "pm_card_visa",
    client_secret: order.payment.client_secret,
  });
  return order;
}

/** The shop's own deployment of payments, with another table of readers. */
const deployTaughtReaders = (): Promise<void> =>
  deployWith(shop, "payments", { "./webhook-readers.ts": "test/support/taught-readers.ts" });

it("a renamed field of another API version is one cause, with the path, the count and the orders it keeps waiting", async () => {
  const { client } = shop;
  const sku = await client.stock(ORDERS);
  const webhooks = {
    types: ["payment_intent.succeeded"],
    rename_fields: { amount_received: "amount_captured" },
    api_version: "2031-01-01.next",
  };
  await client.control("POST", "/faults", { webhooks });
  orders = await Promise.all(Array.from({ length: ORDERS }, () => payInBrowser(sku)));
  await until(causes, (found) => found.some(({ count }) => count === ORDERS));
  expect(await causes()).toMatchObject([
    {
      reason: "schema_mismatch",
      event_type: "payment_intent.succeeded",
      path: "/data/object/amount_received",
      expected: "number",
      note: expect.stringContaining("2031-01-01.next"),
      count: ORDERS,
      kept: ORDERS,
      waiting: ORDERS,
    },
  ]);
  const { cause } = await theCause();
  const { body } = await client.admin<{ data: Rejected[] }>("GET", `${REJECTED}?cause=${cause}&status=waiting`);
  expect(body.data.map((row) => row.order_id).toSorted()).toEqual(orders.map(({ id }) => id).toSorted());
  expect(body.data[0]?.mismatch).toEqual({
    path: "/data/object/amount_received",
    expected: "number",
    actual: "nothing",
  });
});

it("an example is kept whole, and shows neither secrets nor headers that are nobody's business", async () => {
  const { newest_example: id } = await theCause();
  const { body } = await expectStatus(200, shop.client.admin<Rejected>("GET", `${REJECTED}/${id}`));
  expect(JSON.parse(body.payload)).toMatchObject({ id: body.event_id, data: { object: { amount_captured: 2_495 } } });
  expect(body.payload).toContain("_secret_(hidden)");
  expect(body.headers).toHaveProperty("stripe-signature");
  const unknown = await shop.client.admin("GET", `${REJECTED}/999999`);
  expect(unknown).toMatchObject({ status: 404, body: { code: "unknown_webhook" } });
});

it("the list has a cursor that skips nothing", async () => {
  const seen: number[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { data: Rejected[]; next_cursor: string | null } = (
      await expectStatus(
        200,
        shop.client.admin<{ data: Rejected[]; next_cursor: string | null }>("GET", `${REJECTED}?limit=1${query}`),
      )
    ).body;
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.next_cursor;
  }
  expect(new Set(seen).size).toBe(ORDERS);
  expect(seen).toEqual(seen.toSorted((a, b) => b - a));
});

it("a replay before the fix says that nothing has changed, and loses nothing", async () => {
  const { cause, newest_example: id } = await theCause();
  const { body } = await expectStatus(200, shop.client.admin("POST", `${REJECTED}/${id}/replay`));
  expect(body).toMatchObject({ id, result: "schema_mismatch", repeated: false });
  expect(await theCause()).toMatchObject({ cause, count: ORDERS, waiting: ORDERS });
  expect((await shop.client.order(orders[0]?.id ?? "")).status).toBe("awaiting_payment");
});

it("once the reader is taught, replaying the cause pays every order, and again changes nothing", async () => {
  const { client } = shop;
  await client.control("DELETE", "/faults");
  await deployTaughtReaders();
  const { cause } = await theCause();
  const replay = () =>
    expectStatus(200, client.admin<CauseReplay>("POST", `${REJECTED}/causes/${cause}/replay`, { limit: 2 }));
  expect((await replay()).body).toMatchObject({ tried: 2, understood: 2, waiting: 1 });
  expect((await replay()).body).toMatchObject({ tried: 1, understood: 1, waiting: 0 });
  expect((await replay()).body).toMatchObject({ tried: 0, waiting: 0 });
  for (const { id } of orders) {
    const order = await client.settled(id, ({ status }) => status === "paid");
    expect(order.payment.captured.amount).toBe(2_495);
  }
  const { body } = await client.admin<{ data: Rejected[] }>("GET", `${REJECTED}?cause=${cause}`);
  expect(body.data.map(({ status, replay }) => [status, replay?.result])).toEqual(
    orders.map(() => ["replayed", "handled"]),
  );
  const again = await client.admin("POST", `${REJECTED}/${body.data[0]?.id}/replay`);
  expect(again.body).toMatchObject({ result: "handled", repeated: true });
  expect(await theCause()).toMatchObject({ count: ORDERS, waiting: 0 });
});

it("a forged call is kept, counted, and never replayed", async () => {
  const { client } = shop;
  const event = { id: "evt_forged", type: "payment_intent.succeeded", created: 1, data: { object: {} } };
  const headers = { "stripe-signature": `t=${Math.floor(Date.now() / 1_000)},v1=${"0".repeat(64)}` };
  await expectStatus(400, client.send("POST", "/webhooks/stripe", { raw: JSON.stringify(event), headers }));
  const { body } = await client.admin<{ data: Rejected[] }>("GET", `${REJECTED}?status=refused`);
  expect(body.data).toMatchObject([{ reason: "bad_signature", event_id: null }]);
  const refused = await client.admin("POST", `${REJECTED}/${body.data[0]?.id}/replay`);
  expect(refused).toMatchObject({ status: 409, body: { code: "not_replayable" } });
  const all = await client.admin("POST", `${REJECTED}/causes/${body.data[0]?.cause}/replay`);
  expect(all.body).toMatchObject({ tried: 0, waiting: 0 });
  const bad = await client.admin("POST", `${REJECTED}/causes/no.such/replay`);
  expect(bad).toMatchObject({ status: 404, body: { code: "unknown_cause" } });
});

it("balances afterwards", async () => {
  const { balanced, text } = await auditShop(shop.client);
  expect(balanced, text).toBe(true);
});
