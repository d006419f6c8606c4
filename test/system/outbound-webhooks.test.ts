import { afterAll, beforeAll, expect, it } from "vitest";
import { auditShop } from "../support/audit.ts";
import { expectStatus, type ProblemBody, until } from "../support/client.ts";
import { type Receiver, startReceiver, verified } from "../support/receiver.ts";
import { type Shop, startShop } from "../support/shop.ts";

/** Goal: the shop's other systems learn what happened, once each and provably from us. Threat: a receiver that is away, or lies. */
let shop: Shop;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  shop = await startShop({
    vars: {
      WEBHOOK_TARGETS: "any",
      // The schedule of a day in minutes: 0.1 s, 0.6 s, 2.4 s, 12 s, ...
      WEBHOOK_RETRY_SCALE: "0.02",
      WEBHOOK_DISABLE_AFTER_MS: "1500",
      ORDER_EXPIRY_MS: "4000",
    },
  });
});
afterAll(async () => {
  await shop?.close();
  await receiver?.close();
});

interface EndpointBody {
  readonly id: string;
  readonly secret: string;
  readonly status: string;
  readonly reason?: string;
  readonly secrets: readonly { readonly expires_at?: string }[];
}
interface DeliveryBody {
  readonly id: string;
  readonly type: string;
  readonly state: string;
  readonly reason?: string;
  readonly attempts: readonly { readonly status?: number; readonly error?: string; readonly response?: string }[];
}

const base = "/admin/v1/webhook-endpoints";
async function newEndpoint(path: string, events: readonly string[]): Promise<EndpointBody> {
  const body = { url: receiver.url(path), events, description: path };
  return (await expectStatus(201, shop.client.admin<EndpointBody>("POST", base, body))).body;
}
const deliveries = async (id: string) =>
  (await expectStatus(200, shop.client.admin<{ data: DeliveryBody[] }>("GET", `${base}/${id}/deliveries?limit=100`)))
    .body.data;
const endpoint = async (id: string) => (await shop.client.admin<EndpointBody>("GET", `${base}/${id}`)).body;
const remove = (id: string) => expectStatus(204, shop.client.admin("DELETE", `${base}/${id}`));
const buyOne = async () => shop.client.buy({ [await shop.client.stock(50)]: 1 });

it("order.paid arrives once, signed, while a dead receiver and one that fails twice get theirs in their own time", async () => {
  receiver.script("/flaky", [500, 404, 200]);
  receiver.script("/dead", ["hang"]);
  const dead = await newEndpoint("/dead", ["*"]);
  const good = await newEndpoint("/good", ["order.paid"]);
  const flaky = await newEndpoint("/flaky", ["order.*"]);
  const other = await newEndpoint("/other", ["order.refunded"]);
  const order = await buyOne();
  await until(
    async () => receiver.at("/good"),
    (calls) => calls.length > 0,
    5_000,
  );
  const [first] = receiver.at("/good");
  expect(first && verified(good.secret, first)).toMatchObject({
    type: "order.paid",
    timestamp: expect.stringMatching(/^20\d\d-.*Z$/),
    data: {
      order: {
        id: order.id,
        number: order.number,
        status: "paid",
        total: { amount: order.totals.total.amount, currency: "USD" },
        lines: [{ quantity: 1, unit_price: { amount: 2_000, currency: "USD" } }],
      },
    },
  });
  await until(
    async () => receiver.at("/flaky"),
    (calls) => calls.length === 3,
    10_000,
  );
  const [lost, wrong, taken] = receiver.at("/flaky");
  expect(new Set([lost, wrong, taken].map((call) => call?.headers["webhook-id"])).size).toBe(1);
  expect(taken && verified(flaky.secret, taken).data.order.id).toBe(order.id);
  expect(() => taken && verified(good.secret, taken)).toThrow(/No matching/);
  const [delivery] = await until(
    () => deliveries(flaky.id),
    (rows) => rows[0]?.state === "delivered",
  );
  expect(delivery?.attempts.map(({ status, response }) => [status, response])).toEqual([
    [500, "answered 500"],
    [404, "answered 404"],
    [200, "answered 200"],
  ]);
  // Told again by hand, as after messages were lost: whoever has it already does not get it twice. What is told after it shows that it came.
  await expectStatus(200, shop.client.admin("POST", `/admin/v1/orders/${order.id}/resend`));
  const next = await buyOne();
  const hung = await until(
    async () => (await deliveries(dead.id)).at(-1),
    (oldest) => (oldest?.attempts.length ?? 0) > 0,
    15_000,
  );
  expect(hung?.attempts[0]?.error).toBe("no answer within 10000 ms");
  await until(
    async () => receiver.at("/good").concat(receiver.at("/flaky")),
    (calls) => calls.filter(({ body }) => body.includes(next.id)).length === 2,
  );
  const logs = await Promise.all([good, flaky, other].map(({ id }) => deliveries(id)));
  expect(logs.map((rows) => rows.length)).toEqual([2, 2, 0]);
  expect(["/good", "/flaky", "/other"].map((path) => receiver.at(path).length)).toEqual([2, 4, 0]);
  await Promise.all([dead, good, flaky, other].map(({ id }) => remove(id)));
});

it("tells of every end of an order, and of stock that runs low", async () => {
  const { client } = shop;
  const all = await newEndpoint("/all", ["order.*", "stock.low"]);
  const sku = await client.stock(20);
  const paid = await client.buy({ [sku]: 5 });
  const canceled = await expectStatus(201, client.checkout(await client.cart({ [sku]: 1 }), {}));
  await client.settled(canceled.body.id, ({ payment }) => payment.client_secret !== undefined);
  await expectStatus(200, client.send("POST", `/v1/orders/${canceled.body.id}/cancel`));
  const left = await expectStatus(201, client.checkout(await client.cart({ [sku]: 6 }), {}));
  await fetch(`${client.stripeUrl}/v1/refunds`, {
    method: "POST",
    headers: { authorization: "Bearer sk_test_standin", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ payment_intent: paid.payment.intent ?? "", amount: "100" }),
  });
  await client.settled(left.body.id, ({ status }) => status === "expired", 15_000);
  const told = await until(
    async () => receiver.at("/all").map((call) => verified(all.secret, call)),
    (events) => events.length >= 5,
    15_000,
  );
  const facts = told.map(({ type, data }) => `${type} ${data.order?.id ?? sku}`);
  expect(facts.toSorted()).toEqual([
    `order.canceled ${canceled.body.id}`,
    `order.expired ${left.body.id}`,
    `order.paid ${paid.id}`,
    `order.refunded ${paid.id}`,
    `stock.low ${sku}`,
  ]);
  expect(told.find(({ type }) => type === "stock.low")?.data).toMatchObject({ sku, available: 9, threshold: 10 });
  await remove(all.id);
});

it("a secret rolls without a gap: both sign until the old one ends", async () => {
  const { client } = shop;
  const { id, secret: old } = await newEndpoint("/rolling", ["order.paid"]);
  const rotated = await expectStatus(200, client.admin<EndpointBody>("POST", `${base}/${id}/rotate-secret`));
  expect(rotated.body.secrets.map(({ expires_at: end }) => end !== undefined)).toEqual([false, true]);
  await buyOne();
  const [call] = await until(
    async () => receiver.at("/rolling"),
    (calls) => calls.length > 0,
  );
  for (const secret of [old, rotated.body.secret]) expect(call && verified(secret, call).type).toBe("order.paid");
  const leaked = await client.admin<EndpointBody>("POST", `${base}/${id}/rotate-secret`, { overlap_seconds: 0 });
  await buyOne();
  const [, last] = await until(
    async () => receiver.at("/rolling"),
    (calls) => calls.length > 1,
  );
  expect(last && verified(leaked.body.secret, last).type).toBe("order.paid");
  expect(() => last && verified(rotated.body.secret, last)).toThrow(/No matching/);
  const shown = [
    await client.admin("GET", `${base}/${id}`),
    await client.admin("GET", base),
    await client.admin("GET", "/admin/v1/audit-log"),
  ];
  for (const { body } of shown) expect(JSON.stringify(body)).not.toContain("whsec_");
  await remove(id);
});

it("an endpoint that keeps failing is disabled, the others are told, and a delivery can be sent again by hand", async () => {
  const { client } = shop;
  receiver.script("/failing", [500]);
  const watcher = await newEndpoint("/watcher", ["endpoint.*"]);
  const { id, secret } = await newEndpoint("/failing", ["order.paid"]);
  await Promise.all(Array.from({ length: 4 }, buyOne));
  const disabled = await until(
    () => endpoint(id),
    ({ status }) => status === "disabled",
    20_000,
  );
  expect(disabled).toMatchObject({ reason: "failing", health: { failing_since: expect.any(String) } });
  const [notice] = await until(
    async () => receiver.at("/watcher"),
    (calls) => calls.length > 0,
  );
  expect(notice && verified(watcher.secret, notice)).toMatchObject({
    type: "endpoint.disabled",
    data: { endpoint: { id, description: "/failing", reason: "failing" } },
  });
  const list = await client.admin<{ data: EndpointBody[] }>("GET", base);
  expect(list.body.data.find((one) => one.id === id)).toMatchObject({ status: "disabled", reason: "failing" });

  const calls = receiver.at("/failing").length;
  await buyOne();
  const [waiting] = await deliveries(id);
  expect(waiting).toMatchObject({ state: "failed", reason: "endpoint_disabled" });
  const path = `/admin/v1/deliveries/${waiting?.id}/retry`;
  expect(await client.admin("POST", path)).toMatchObject({ status: 409, body: { code: "endpoint_disabled" } });
  receiver.script("/failing", [200]);
  const tested = await client.admin<DeliveryBody>("POST", `${base}/${id}/test`);
  expect(tested).toMatchObject({ status: 200, body: { type: "endpoint.test", state: "delivered" } });
  await expectStatus(200, client.admin("PATCH", `${base}/${id}`, { status: "enabled" }));
  await expectStatus(202, client.admin("POST", path));
  await until(
    () => deliveries(id),
    (rows) => rows.some((row) => row.id === waiting?.id && row.state === "delivered"),
  );
  expect(receiver.at("/failing")).toHaveLength(calls + 2);
  const again = receiver.at("/failing").at(-1);
  expect(again && verified(secret, again).type).toBe("order.paid");
  await Promise.all([remove(id), remove(watcher.id)]);
});

it("refuses what it cannot promise, and says which field", async () => {
  const { client } = shop;
  const create = (body: object) =>
    client.admin<ProblemBody>("POST", base, { url: receiver.url("/x"), events: ["*"], ...body });
  expect(await create({ url: "ftp://example.com/" })).toMatchObject({
    status: 422,
    body: { code: "target_refused", errors: [{ pointer: "/url" }] },
  });
  expect(await create({ events: ["order.eaten"] })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: "/events/0" }] },
  });
  expect(await create({ events: [] })).toMatchObject({ status: 422 });
  const unknown = "we_01930000-0000-7000-8000-000000000000";
  for (const [method, path] of [
    ["GET", `${base}/${unknown}`],
    ["GET", `${base}/nonsense`],
    ["PATCH", `${base}/${unknown}`],
    ["DELETE", `${base}/${unknown}`],
    ["POST", `${base}/${unknown}/test`],
    ["POST", `${base}/${unknown}/rotate-secret`],
  ] as const) {
    const body = method === "PATCH" ? { description: "x" } : undefined;
    expect([path, await client.admin(method, path, body)]).toMatchObject([
      path,
      { status: 404, body: { code: "unknown_endpoint" } },
    ]);
  }
  for (const id of ["nope", `dlv_${unknown.slice(3)}_1`]) {
    expect(await client.admin("POST", `/admin/v1/deliveries/${id}/retry`)).toMatchObject({ status: 404 });
  }
  const listed = await client.admin<{ data: EndpointBody[] }>("GET", base);
  expect(listed.body.data).toEqual([]);
});

it("nothing was lost or left over, and the books balance", async () => {
  const { body } = await shop.client.admin<{ queues: { queue: string; backlog: number }[] }>(
    "GET",
    "/admin/v1/metrics",
  );
  expect(body.queues.map(({ queue }) => queue)).toEqual(
    expect.arrayContaining(["notifications", "notifications-dead"]),
  );
  const { balanced, text } = await auditShop(shop.client);
  expect(balanced, text).toBe(true);
});
