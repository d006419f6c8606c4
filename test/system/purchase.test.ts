import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CartBody, OrderBody, ProblemBody } from "../support/client.ts";
import { expectStatus, until } from "../support/client.ts";
import { auditShop } from "../support/audit.ts";
import { type Shop, startShop } from "../support/shop.ts";

interface CostsBody {
  readonly per_order: {
    readonly dollars: number;
    readonly lines: readonly { readonly what: string; readonly used: number }[];
  } | null;
}

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop?.close());

describe("a purchase", () => {
  it("of two products is accepted within the request and paid within two seconds", async () => {
    const { client } = shop;
    const [a, b] = [await client.stock(10, 2_200), await client.stock(10, 1_500)];
    const cart = await client.cart({ [a]: 1, [b]: 2 });
    const started = Date.now();
    const placed = await expectStatus(201, client.checkout(cart));
    expect(placed.headers.get("location")).toBe(`/v1/orders/${placed.body.id}`);
    expect(placed.body).toMatchObject({ status: "awaiting_payment", totals: { total: { amount: 5_200 } } });
    const waited = await client.send<OrderBody>("GET", `/v1/orders/${placed.body.id}`, {
      headers: { prefer: "wait=10", "if-none-match": placed.headers.get("etag") ?? "" },
    });
    expect(waited.body.version).toBeGreaterThan(placed.body.version);
    const paid = await client.settled(placed.body.id);
    expect(Date.now() - started).toBeLessThan(2_000);
    expect(paid).toMatchObject({ status: "paid", payment: { status: "succeeded", captured: { amount: 5_200 } } });
    await until(
      () => client.level(b),
      ({ sold, reserved }) => sold === 2 && reserved === 0,
    );
    const listed = await until(
      () => client.admin<{ data: { id: string; status: string }[] }>("GET", "/admin/v1/orders?limit=5"),
      ({ body }) => body.data.some((order) => order.id === paid.id && order.status === "paid"),
    );
    expect(listed.status).toBe(200);
  });

  it("is in the cost book with everything that it used, once the Workers have told", async () => {
    const { client } = shop;
    const used = ({ per_order: order }: CostsBody): string[] =>
      (order?.lines ?? []).flatMap(({ what, used: count }) => (count > 0 ? [what] : [])).toSorted();
    const everything = [
      "d1_row_read",
      "d1_row_written",
      "data_point",
      "log_event",
      "object_gb_s",
      "object_request",
      "queue_operation",
      "row_read",
      "row_written",
      "worker_cpu_ms",
      "worker_request",
    ];
    const { body } = await until(
      () => client.admin<CostsBody>("GET", "/admin/v1/costs"),
      ({ body: costs }) => everything.every((what) => used(costs).includes(what)),
      30_000,
    );
    expect(used(body)).toEqual(everything);
    expect(body.per_order?.dollars).toBeGreaterThan(0);
    // Nothing is recommended on the word of some seconds, and nothing is applied that is not recommended.
    expect(await client.admin("GET", "/admin/v1/advice")).toMatchObject({ status: 200, body: { data: [] } });
    const applied = await client.admin<ProblemBody>("POST", "/admin/v1/advice/log-share/apply");
    expect(applied).toMatchObject({ status: 404, body: { code: "unknown_advice" } });
  });

  it("pays with a confirmation token as with a payment method", async () => {
    const sku = await shop.client.stock(5);
    expect(await shop.client.buy({ [sku]: 1 }, { confirmation_token: "ctoken_visa" })).toMatchObject({
      status: "paid",
    });
  });

  it("without a payment method carries a client secret, takes another card after a decline, and is paid in the browser", async () => {
    const { client } = shop;
    const sku = await client.stock(5);
    const placed = await expectStatus(201, client.checkout(await client.cart({ [sku]: 1 }), {}));
    const order = await client.settled(placed.body.id, ({ payment }) => payment.client_secret !== undefined);
    expect(order.payment).toMatchObject({ status: "requires_payment_method" });
    const follow = (tag: string) =>
      client.send("GET", `/v1/orders/${order.id}`, { headers: { prefer: "wait=20", "if-none-match": tag } });
    const began = Date.now();
    const news = await follow(`W/"${order.version - 1}"`);
    expect([news.status, news.headers.get("preference-applied")]).toEqual([200, "wait=20"]);
    const confirm = (method: string) =>
      client.control("POST", `/payment_intents/${order.payment.intent}/confirm`, {
        payment_method: method,
        client_secret: order.payment.client_secret,
      });
    await confirm("pm_card_visa_chargeDeclined");
    await client.settled(order.id, ({ payment }) => payment.error?.code === "card_declined");
    expect(await client.order(order.id)).toMatchObject({ status: "awaiting_payment" });
    await confirm("pm_card_visa");
    const { version } = await client.settled(order.id, ({ status }) => status === "paid");
    const atRest = await follow(`"${version}"`);
    expect([atRest.status, atRest.headers.get("preference-applied")]).toEqual([304, null]);
    expect(Date.now() - began, "neither was waited for").toBeLessThan(20_000);
  });

  it("that needs authentication says so, and ends with what the shopper's bank says", async () => {
    const { client } = shop;
    for (const [outcome, status] of [
      ["success", "paid"],
      ["fail", "payment_failed"],
    ] as const) {
      const sku = await client.stock(5);
      const placed = await expectStatus(
        201,
        client.checkout(await client.cart({ [sku]: 1 }), {
          payment_method: "pm_card_authenticationRequired",
          return_url: "https://shop.example/return",
        }),
      );
      const waiting = await client.settled(placed.body.id, (order) => order.status === "requires_action");
      expect(waiting.payment).toMatchObject({ next_action: { type: "redirect_to_url" } });
      await client.control("POST", `/payment_intents/${waiting.payment.intent}/authenticate`, { outcome });
      expect(await client.settled(placed.body.id, (order) => order.status === status)).toBeTruthy();
    }
  });

  it("that is declined fails with the bank's reason, frees the stock and gives the cart back", async () => {
    const { client } = shop;
    const sku = await client.stock(1);
    const cart = await client.cart({ [sku]: 1 });
    const placed = await expectStatus(
      201,
      client.checkout(cart, { payment_method: "pm_card_visa_chargeDeclinedInsufficientFunds" }),
    );
    expect(await client.settled(placed.body.id)).toMatchObject({
      status: "payment_failed",
      payment: { error: { code: "card_declined", decline_code: "insufficient_funds" } },
    });
    await until(
      () => client.level(sku),
      ({ reserved }) => reserved === 0,
    );
    await until(
      () => client.send<CartBody>("GET", `/v1/carts/${cart}`),
      ({ body }) => body.status === "open",
    );
    expect(await client.settled((await expectStatus(201, client.checkout(cart))).body.id)).toMatchObject({
      status: "paid",
    });
  });

  it("pitfall 4: by bank debit stays unpaid while it is processing, and is paid when the bank has paid", async () => {
    const { client } = shop;
    const sku = await client.stock(5);
    const placed = await expectStatus(
      201,
      client.checkout(await client.cart({ [sku]: 1 }), {
        payment_method: "pm_usBankAccount",
        return_url: "https://shop.example/return",
      }),
    );
    const waiting = await client.settled(placed.body.id, ({ payment }) => payment.status === "processing");
    expect(waiting).toMatchObject({ status: "awaiting_payment", payment: { captured: { amount: 0 } } });
    await client.control("POST", `/payment_intents/${waiting.payment.intent}/settle`, { outcome: "success" });
    expect(await client.settled(placed.body.id)).toMatchObject({ status: "paid" });
  });

  it("can be canceled while unpaid: stock and cart are free, and the PaymentIntent cannot be paid any more", async () => {
    const { client } = shop;
    const sku = await client.stock(1);
    const placed = await expectStatus(201, client.checkout(await client.cart({ [sku]: 1 }), {}));
    const { payment } = await client.settled(placed.body.id, (order) => order.payment.intent !== undefined);
    const cancel = () =>
      client.send<OrderBody>("POST", `/v1/orders/${placed.body.id}/cancel`, { headers: { "idempotency-key": "c" } });
    const canceled = await expectStatus(200, cancel());
    const again = await expectStatus(200, cancel());
    expect(again.body).toEqual(canceled.body);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    await until(
      () => client.level(sku),
      ({ reserved }) => reserved === 0,
    );
    await until(
      () => client.stripe<{ status: string }>(`/v1/payment_intents/${payment.intent}`),
      ({ body }) => body.status === "canceled",
    );
    const paid = await client.buy({ [sku]: 1 });
    expect(await client.send<ProblemBody>("POST", `/v1/orders/${paid.id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: "not_cancelable" },
    });
  });
});

describe("under contention", () => {
  it("two hundred buyers of fifty units make exactly fifty orders and a hundred and fifty clear refusals", async () => {
    const { client } = shop;
    const sku = await client.stock(50);
    const carts = await Promise.all(Array.from({ length: 200 }, () => client.cart({ [sku]: 1 })));
    const answers = await Promise.all(carts.map((cart) => client.checkout<OrderBody & ProblemBody>(cart)));
    const placed = answers.filter((answer) => answer.status === 201);
    const refused = answers.filter((answer) => answer.status === 409);
    expect([placed.length, refused.length]).toEqual([50, 150]);
    for (const { body } of refused)
      expect(body).toMatchObject({ code: "out_of_stock", shortages: [{ sku, requested: 1, available: 0 }] });
    for (const { body } of placed) expect(await client.settled(body.id)).toMatchObject({ status: "paid" });
    await until(
      () => client.level(sku),
      ({ sold, on_hand }) => sold === 50 && on_hand === 0,
    );
  });

  it("pitfall 11: a hundred concurrent adds to one cart are a hundred units", async () => {
    const { client } = shop;
    const sku = await client.stock(200);
    const cart = await client.cart();
    await Promise.all(
      Array.from({ length: 100 }, () =>
        expectStatus(200, client.send("POST", `/v1/carts/${cart}/lines`, { body: { sku, quantity: 1 } })),
      ),
    );
    expect((await client.send<CartBody>("GET", `/v1/carts/${cart}`)).body.lines).toMatchObject([
      { sku, quantity: 100 },
    ]);
  });

  it("twenty identical checkouts at once with one key are one order, one charge and identical answers", async () => {
    const { client } = shop;
    const sku = await client.stock(50);
    const cart = await client.cart({ [sku]: 1 });
    const key = crypto.randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => client.checkout(cart, { payment_method: "pm_card_visa" }, key)),
    );
    expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1);
    const [first] = answers;
    if (!first) throw new Error("no answer");
    expect(answers.filter(({ headers }) => headers.get("idempotency-replayed") === "true")).toHaveLength(19);
    await client.settled(first.body.id);
    const { body } = await client.stripe<{ data: { metadata: Record<string, string> }[] }>(
      "/v1/payment_intents?limit=100",
    );
    expect(body.data.filter((intent) => intent.metadata["order_id"] === first.body.id)).toHaveLength(1);
    const later = await client.checkout(cart, { payment_method: "pm_card_visa" }, key);
    expect(later.body).toEqual(first.body);
    expect(await client.checkout<ProblemBody>(cart, { payment_method: "pm_card_mastercard" }, key)).toMatchObject({
      status: 422,
      body: { code: "idempotency_conflict" },
    });
  });

  it("balances to the last unit and cent afterwards", async () => {
    const { balanced, text } = await auditShop(shop.client);
    expect(balanced, text).toBe(true);
  });
});
