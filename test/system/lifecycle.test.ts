import { afterAll, beforeAll, expect, it } from "vitest";
import { auditShop } from "../support/audit.ts";
import { expectStatus, type OrderBody, type ProblemBody, until } from "../support/client.ts";
import { type Shop, startShop } from "../support/shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop?.close());

interface AdminOrder {
  readonly order: {
    readonly status: string;
    readonly payment: {
      readonly refundable: { amount: number };
      readonly refunds: { status: string }[];
      readonly review?: string;
    };
    readonly lines: { readonly fulfilled: number }[];
    readonly disputes: { readonly status: string }[];
  };
  readonly ledger: { readonly kind: string }[];
}

const PRICE = 2_000;
const paidOrder = async (quantity = 2): Promise<OrderBody & { sku: string }> => {
  const sku = await shop.client.stock(10, PRICE);
  const order = await shop.client.buy({ [sku]: quantity });
  await until(
    () => shop.client.level(sku),
    ({ sold }) => sold === quantity,
  );
  return { ...order, sku };
};
const adminOrder = async (id: string) =>
  (await expectStatus(200, shop.client.admin<AdminOrder>("GET", `/admin/v1/orders/${id}`))).body;

function command(id: string, name: string, body: object = {}, key: string = crypto.randomUUID()) {
  const headers = { authorization: `Bearer ${shop.client.adminKey}`, "idempotency-key": key };
  return shop.client.send<ProblemBody>("POST", `/admin/v1/orders/${id}/${name}`, { body, headers });
}

it("a paid order that the shop cancels gives the goods to the shelf and the money back, once", async () => {
  const order = await paidOrder();
  const [first, again] = [await command(order.id, "cancel", {}, "k"), await command(order.id, "cancel", {}, "k")];
  expect([first.status, again.status, again.headers.get("idempotency-replayed")]).toEqual([200, 200, "true"]);
  const refunded = await shop.client.settled(order.id, ({ status }) => status === "refunded");
  expect(refunded.payment.refunded).toEqual(refunded.payment.captured);
  await until(
    () => shop.client.level(order.sku),
    ({ sold, on_hand }) => sold === 0 && on_hand === 10,
  );
});

it("of two refunds at once that together exceed the capture one is refused, and the ledger says the same as the provider", async () => {
  const order = await paidOrder();
  const total = order.totals.total.amount;
  const answers = await Promise.all(
    [1, 2].map(() => command(order.id, "refund", { amount: total - 1_000, reason: "damaged" })),
  );
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
    code: "exceeds_refundable",
    refundable: 1_000,
  });
  await shop.client.settled(order.id, ({ status }) => status === "partially_refunded");
  await expectStatus(200, command(order.id, "refund", { reason: "the rest" }));
  const refunded = await shop.client.settled(order.id, ({ status }) => status === "refunded");
  expect(refunded.payment.refunded.amount).toBe(total);
  expect((await adminOrder(order.id)).ledger.map(({ kind }) => kind)).toEqual(["capture", "refund", "refund"]);
});

it("two equal refunds are two, and one that is repeated under its key is one", async () => {
  const order = await paidOrder();
  for (const key of ["a", "b", "b"])
    await expectStatus(200, command(order.id, "refund", { amount: 500, reason: "goodwill" }, key));
  await shop.client.settled(order.id, ({ payment }) => payment.refunded.amount === 1_000);
  expect(await command(order.id, "refund", { amount: 501, reason: "goodwill" }, "b")).toMatchObject({
    status: 422,
    body: { code: "idempotency_conflict" },
  });
  expect(await command(order.id, "refund", { amount: 0, reason: "nothing" })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: "/amount" }] },
  });
  const noKey = await shop.client.admin<ProblemBody>("POST", `/admin/v1/orders/${order.id}/refund`, { reason: "x" });
  expect(noKey).toMatchObject({ status: 400, body: { code: "idempotency_key_required" } });
});

it("a refund made in the provider's dashboard is counted, and one that fails tells a person", async () => {
  const order = await paidOrder();
  const body = new URLSearchParams({ payment_intent: order.payment.intent ?? "", amount: "300" });
  const headers = { authorization: "Bearer sk_test_standin", "content-type": "application/x-www-form-urlencoded" };
  await fetch(`${shop.client.stripeUrl}/v1/refunds`, { method: "POST", headers, body });
  await shop.client.settled(order.id, ({ payment }) => payment.refunded.amount === 300);

  const sku = await shop.client.stock(5, PRICE);
  const method = { payment_method: "pm_usBankAccount", return_url: "https://shop.example/return" };
  const placed = await expectStatus(201, shop.client.checkout(await shop.client.cart({ [sku]: 1 }), method));
  const waiting = await shop.client.settled(placed.body.id, ({ payment }) => payment.status === "processing");
  await shop.client.control("POST", `/payment_intents/${waiting.payment.intent}/settle`, { outcome: "success" });
  await shop.client.settled(placed.body.id, ({ status }) => status === "paid");
  await expectStatus(200, command(placed.body.id, "refund", { amount: 700, reason: "late" }));
  const { body: refunds } = await until(
    () =>
      shop.client.stripe<{ data: { id: string; status: string }[] }>(
        `/v1/refunds?payment_intent=${waiting.payment.intent}`,
      ),
    ({ body: list }) => list.data.length === 1,
  );
  expect(refunds.data[0]?.status).toBe("pending");
  await shop.client.control("POST", `/refunds/${refunds.data[0]?.id}/settle`, { outcome: "fail" });
  const failed = await until(
    () => adminOrder(placed.body.id),
    ({ order: { payment } }) => payment.refunds[0]?.status === "failed",
  );
  expect(failed.order.payment).toMatchObject({
    refundable: { amount: PRICE + 495 },
    review: expect.stringContaining("failed"),
  });
});

it("a refund that the bank sends back after it had succeeded is put before a person, and given back again", async () => {
  const order = await paidOrder(1);
  const { amount } = order.totals.total;
  await expectStatus(200, command(order.id, "refund", { reason: "all" }));
  await shop.client.settled(order.id, ({ status }) => status === "refunded");
  const refunds = `/v1/refunds?payment_intent=${order.payment.intent}`;
  const { body: list } = await shop.client.stripe<{ data: { id: string }[] }>(refunds);
  await shop.client.control("POST", `/refunds/${list.data[0]?.id}/settle`, { outcome: "fail" });
  const failed = await until(
    () => adminOrder(order.id),
    ({ order: { payment } }) => payment.review !== undefined,
  );
  expect(failed.order).toMatchObject({ status: "refunded", payment: { refundable: { amount } } });
  await expectStatus(200, command(order.id, "refund", { reason: "again" }));
  await shop.client.settled(order.id, ({ payment }) => payment.refunded.amount === amount);
});

it("goods are sent line by line, and nothing is sent twice", async () => {
  const order = await paidOrder(3);
  const lines = (quantity: number) => ({ lines: [{ sku: order.sku, quantity }] });
  await expectStatus(200, command(order.id, "fulfil", lines(1)));
  expect(await command(order.id, "fulfil", lines(3))).toMatchObject({
    status: 409,
    body: { code: "exceeds_unsent", left: 2 },
  });
  expect(await command(order.id, "cancel")).toMatchObject({ status: 409, body: { code: "not_cancelable" } });
  expect(await shop.client.order(order.id)).toMatchObject({ status: "partially_fulfilled" });
  await expectStatus(200, command(order.id, "fulfil"));
  expect((await adminOrder(order.id)).order).toMatchObject({ status: "fulfilled", lines: [{ fulfilled: 3 }] });
  expect(await command(order.id, "fulfil")).toMatchObject({ status: 409, body: { code: "not_fulfillable" } });
});

it("a dispute is recorded with its outcome and put before a person", async () => {
  const order = await paidOrder();
  const { body: intent } = await shop.client.stripe<{ latest_charge: string }>(
    `/v1/payment_intents/${order.payment.intent}`,
  );
  const { body: dispute } = await shop.client.control<{ id: string }>(
    "POST",
    `/charges/${intent.latest_charge}/dispute`,
    { reason: "fraudulent" },
  );
  await until(
    () => adminOrder(order.id),
    (view) => view.order.disputes.length === 1,
  );
  await shop.client.control("POST", `/disputes/${dispute.id}/close`, { outcome: "lost" });
  const closed = await until(
    () => adminOrder(order.id),
    (view) => view.order.disputes[0]?.status === "lost",
  );
  expect(closed.order).toMatchObject({ status: "paid", payment: { review: expect.stringContaining("fraudulent") } });
});

it("orders are found by status, email, SKU, number, time and amount", async () => {
  const { client } = shop;
  const before = new Date(Date.now() - 1_000).toISOString();
  const order = await paidOrder(4);
  const found = async (query: string) => {
    const answer = await expectStatus(
      200,
      client.admin<{ data: { id: string }[] }>("GET", `/admin/v1/orders?limit=100&${query}`),
    );
    return answer.body.data.map(({ id }) => id);
  };
  await until(
    () => found(`sku=${order.sku}&status=paid`),
    (ids) => ids.length === 1,
  );
  expect(await found(`sku=${order.sku}`)).toEqual([order.id]);
  expect(await found(`number=${order.number}`)).toEqual([order.id]);
  expect(await found(`sku=${order.sku}&status=refunded`)).toEqual([]);
  expect(await found(`placed_from=${before}&total_min=8000&total_max=9000`)).toContain(order.id);
  expect(await found(`placed_to=${before}&sku=${order.sku}`)).toEqual([]);
  expect(await found("review=true")).not.toContain(order.id);
  expect(await client.admin("GET", "/admin/v1/orders?placed_from=yesterday")).toMatchObject({ status: 422 });
});

it("pitfall 8: an unpaid order cannot be refunded or sent, and a refunded one never comes back", async () => {
  const sku = await shop.client.stock(5);
  const placed = await expectStatus(201, shop.client.checkout(await shop.client.cart({ [sku]: 1 }), {}));
  expect(await command(placed.body.id, "refund", { reason: "x" })).toMatchObject({
    status: 409,
    body: { code: "exceeds_refundable", refundable: 0 },
  });
  expect(await command(placed.body.id, "fulfil")).toMatchObject({ status: 409, body: { code: "not_fulfillable" } });
  await expectStatus(200, command(placed.body.id, "cancel"));
  const order = await paidOrder();
  await expectStatus(200, command(order.id, "refund", { reason: "all" }));
  await shop.client.settled(order.id, ({ status }) => status === "refunded");
  for (const name of ["cancel", "fulfil"]) expect((await command(order.id, name)).status).toBe(409);
  expect(await shop.client.order(order.id)).toMatchObject({ status: "refunded" });
});

it("pitfall 13: while the provider hangs, nobody waits for it: carts of the same product are sold, canceled and read", async () => {
  const { client } = shop;
  const provider = async () =>
    (await client.control<{ held: number; rules: { fired: number }[] }>("GET", "/faults")).body;
  // Longer than any call may take: until this test lets it go.
  const match = { method: "POST", path: "/v1/payment_intents" };
  await client.control("POST", "/faults", { rules: [{ match, effect: "timeout_before", ms: 600_000 }] });
  const sku = await client.stock(20);
  const sell = async (): Promise<OrderBody> =>
    (await expectStatus(201, client.checkout(await client.cart({ [sku]: 1 })))).body;
  const first = await sell();
  await until(provider, ({ held }) => held > 0);
  const others = await Promise.all(Array.from({ length: 9 }, sell));
  await expectStatus(200, client.send("POST", `/v1/orders/${first.id}/cancel`));
  await until(
    () => client.level(sku),
    ({ reserved }) => reserved === 9,
  );
  for (const { id } of others) expect((await client.order(id)).payment.status).toBe("queued");
  // Every call that was made is still without an answer, so it was no answer that anybody had waited for.
  const { held, rules } = await provider();
  expect(rules.map(({ fired }) => fired)).toEqual([held]);

  await client.control("DELETE", "/faults");
  const ends = await Promise.all(others.map(({ id }) => client.settled(id)));
  expect(ends.map(({ status }) => status)).toEqual(ends.map(() => "paid"));
});

it("balances afterwards", async () => {
  const { balanced, text } = await auditShop(shop.client);
  expect(balanced, text).toBe(true);
});
