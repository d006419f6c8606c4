/**
 * Goal: what Stripe tells us is believed when it is signed, counted once, and never lost; what is not ours never makes Stripe disable the
 * endpoint. Signatures here are Stripe's own, made by its SDK.
 */
import Stripe from "stripe";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { ordersMessageSchema } from "../../src/domain/messages.ts";
import { app } from "../../src/payments/index.ts";

const ORDER = "ord_0198a7e6-6a8f-7c3b-9b1d-1f2e3d4c5b6a";
const SECRET = "whsec_current";
const CREATED = 1_790_000_000;

const intent = (status: string, changes: object = {}): object => ({
  id: "pi_1",
  object: "payment_intent",
  status,
  amount_received: status === "succeeded" ? 2_499 : 0,
  currency: "usd",
  client_secret: "pi_1_secret",
  metadata: { order_id: ORDER, attempt: "2", order_number: "BW-1" },
  ...changes,
});
const refund = (status: string, changes: object = {}): object => ({
  id: "re_1",
  object: "refund",
  status,
  amount: 500,
  currency: "usd",
  payment_intent: "pi_1",
  metadata: { order_id: ORDER },
  ...changes,
});
const event = (type: string, object: unknown, changes: object = {}): string =>
  JSON.stringify({
    id: "evt_1",
    object: "event",
    type,
    created: CREATED,
    livemode: false,
    data: { object },
    ...changes,
  });

const sign = (payload: string, secret = SECRET, timestamp = Math.floor(Date.now() / 1_000)): string =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });

/** The Worker's bindings. `rows` is what D1 was given to keep. */
function bindings(options: { queueFails?: boolean; databaseFails?: boolean } = {}) {
  const sent: unknown[] = [];
  const rows: unknown[][] = [];
  const prepare = (sql: string) => ({ bind: (...values: unknown[]) => ({ sql, values }) });
  const batch = async (statements: { sql: string; values: unknown[] }[]): Promise<void> => {
    if (options.databaseFails) throw new Error("D1_ERROR");
    rows.push(...statements.filter(({ sql }) => sql.startsWith("INSERT")).map(({ values }) => values));
  };
  const env = {
    DB: { prepare, batch },
    ORDERS_QUEUE: {
      send: async (message: unknown) => {
        if (options.queueFails) throw new Error("Queue is overloaded");
        // Whatever is sent must be what the other side reads.
        sent.push(ordersMessageSchema.parse(message));
      },
    },
    PAYMENT_THROTTLE: { getByName: () => ({ take: async () => ({ delaysMs: [0] }), backOff: async () => {} }) },
    STRIPE_SECRET_KEY: "sk_test_1",
    STRIPE_WEBHOOK_SECRET: `whsec_next ${SECRET}`,
    STRIPE_API_BASE: "",
    PSP_SETTLE_MS: "90000",
    PSP_TIMEOUT_MS: "1000",
    PSP_POINTS: { writeDataPoint: () => {} },
  };
  return { env, sent, rows };
}

interface Received {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

async function receive(env: object, body: string, signature: string | undefined = sign(body)): Promise<Received> {
  const headers = {
    "x-request-id": "req-7",
    cookie: "session=1",
    ...(signature !== "" && { "stripe-signature": signature }),
  };
  const response = await app.request("/webhooks/stripe", { method: "POST", body, headers }, env);
  return { status: response.status, body: await response.json(), headers: response.headers };
}

beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
  vi.unstubAllGlobals();
});

describe("the signature", () => {
  test.each(["whsec_next", SECRET])("of either secret is good while one is being replaced (%s)", async (secret) => {
    const body = event("payment_intent.succeeded", intent("succeeded"));
    const { env, sent } = bindings();
    expect(await receive(env, body, sign(body, secret))).toMatchObject({
      status: 200,
      body: { received: true, handled: true },
    });
    expect(sent).toHaveLength(1);
  });

  const body = event("payment_intent.succeeded", intent("succeeded"));
  test.each([
    ["is missing", ""],
    ["is of another secret", sign(body, "whsec_other")],
    ["is of another body", sign(`${body} `)],
    ["is older than five minutes", sign(body, SECRET, Math.floor(Date.now() / 1_000) - 301)],
    ["is empty", "t=,v1="],
    ["is not even of the right bytes", `t=1,v1=${"é".repeat(64)}`],
  ])("that %s is refused and kept, without what is nobody's business", async (_, signature) => {
    const { env, sent, rows } = bindings();
    const { status, body: problem, headers } = await receive(env, body, signature);
    expect([status, headers.get("content-type")]).toEqual([400, "application/problem+json"]);
    const expected = {
      type: "/problems/bad_signature",
      code: "bad_signature",
      instance: "/webhooks/stripe",
      request_id: "req-7",
    };
    expect(problem).toMatchObject(expected);
    expect(sent).toEqual([]);
    expect(rows).toMatchObject([
      [
        "bad_signature",
        expect.any(String),
        null,
        null,
        expect.not.stringContaining("cookie"),
        body,
        expect.any(Number),
      ],
    ]);
  });

  test("is refused with 400 even when D1 cannot keep it", async () => {
    expect(await receive(bindings({ databaseFails: true }).env, "{}", "t=1,v1=00")).toMatchObject({ status: 400 });
  });

  test("over what is no event does not help", async () => {
    for (const body of ["not json", "{}", "[]"]) {
      expect(await receive(bindings().env, body)).toMatchObject({ status: 400, body: { code: "malformed_event" } });
    }
  });

  test("is not even looked at for a body over the limit", async () => {
    const { env, rows } = bindings();
    expect(await receive(env, "x".repeat(256 * 1_024 + 1), "t=1,v1=00")).toMatchObject({
      status: 413,
      body: { limit: 256 * 1_024 },
    });
    expect(rows).toEqual([]);
  });
});

describe("an event about our order", () => {
  test("becomes the fact that its status states, at Stripe's time, under the event's id", async () => {
    const { env, sent } = bindings();
    await receive(env, event("payment_intent.succeeded", intent("succeeded")));
    const fact = { type: "captured", intent: "pi_1", amount: 2_499, currency: "USD", attempt: 2, at: CREATED * 1_000 };
    expect(sent).toEqual([
      { v: 1, type: "payment.fact", id: "stripe:evt_1", requestId: "req-7", orderId: ORDER, source: "webhook", fact },
    ]);
  });

  test.each([
    ["payment_intent.processing", intent("processing"), "processing"],
    [
      "payment_intent.requires_action",
      intent("requires_action", { next_action: { type: "use_stripe_sdk" } }),
      "action_required",
    ],
    [
      "payment_intent.payment_failed",
      intent("requires_payment_method", { last_payment_error: { code: "card_declined" } }),
      "declined",
    ],
    ["payment_intent.canceled", intent("canceled"), "intent_canceled"],
    ["payment_intent.succeeded", intent("processing"), "processing"],
    ["refund.created", refund("succeeded"), "refunded"],
    ["refund.updated", refund("succeeded"), "refunded"],
  ])("%s is read by its status, never by its name (pitfall 4)", async (type, object, fact) => {
    const { env, sent } = bindings();
    expect(await receive(env, event(type, object))).toMatchObject({ status: 200, body: { handled: true } });
    expect(sent).toMatchObject([{ orderId: ORDER, fact: { type: fact } }]);
  });

  test("from another API version is read all the same when what we need is there", async () => {
    const { env, sent } = bindings();
    const object = { ...intent("succeeded"), charges: { data: [] }, next_action: undefined, surprise: 1 };
    await receive(env, event("payment_intent.succeeded", object, { api_version: "2019-01-01" }));
    expect(sent).toHaveLength(1);
  });

  test("that we cannot read is kept with the place that differs, and accepted only if it was kept", async () => {
    const { env, sent, rows } = bindings();
    const body = event("payment_intent.succeeded", intent("succeeded", { amount_received: "24.99" }));
    expect(await receive(env, body)).toMatchObject({
      status: 200,
      body: { handled: false, reason: "schema_mismatch" },
    });
    const place = expect.stringContaining("/data/object/amount_received");
    expect(rows[0]?.slice(0, 4)).toEqual(["schema_mismatch", place, "evt_1", "payment_intent.succeeded"]);
    expect(sent).toEqual([]);
    expect(await receive(bindings({ databaseFails: true }).env, body)).toMatchObject({ status: 503 });
  });

  test("is delivered again by Stripe when the queue does not take its fact (pitfall 22)", async () => {
    const answer = await receive(
      bindings({ queueFails: true }).env,
      event("payment_intent.succeeded", intent("succeeded")),
    );
    expect(answer).toMatchObject({ status: 503, body: { code: "try_again" } });
    expect(answer.headers.get("retry-after")).toBe("30");
  });

  test("a pending refund is no refund yet, and a failed one tells its order so", async () => {
    const { env, sent } = bindings();
    expect(await receive(env, event("refund.created", refund("pending")))).toMatchObject({
      body: { reason: "refund_not_final" },
    });
    expect(sent).toEqual([]);
    expect(await receive(env, event("refund.failed", refund("failed")))).toMatchObject({ status: 200 });
    expect(sent).toMatchObject([{ fact: { type: "refund_failed", intent: "pi_1" } }]);
  });
});

describe("an event that is not ours gets 200 and changes nothing (pitfall 5)", () => {
  test.each([
    ["a payment made in the dashboard", "payment_intent.succeeded", intent("succeeded", { metadata: {} })],
    ["another system's order id", "payment_intent.succeeded", intent("succeeded", { metadata: { order_id: "1042" } })],
    ["a payout", "payout.paid", { id: "po_1", object: "payout" }],
    ["a dispute", "charge.dispute.created", { id: "dp_1", object: "dispute" }],
    [
      "the charge of a refund, which refund.created tells of",
      "charge.refunded",
      { id: "ch_1", metadata: { order_id: ORDER } },
    ],
    ["a name of JavaScript's own", "constructor", {}],
    ["no object at all", "payment_intent.succeeded", null],
    ["a refund without an intent", "refund.created", refund("succeeded", { metadata: {}, payment_intent: null })],
  ])("%s", async (_, type, object) => {
    const { env, sent, rows } = bindings();
    expect(await receive(env, event(type, object))).toMatchObject({
      status: 200,
      body: { received: true, handled: false },
    });
    expect([sent, rows]).toEqual([[], []]);
  });

  const fromDashboard = event("refund.created", refund("succeeded", { metadata: {} }));
  const stripeAnswers = (status: number, body: unknown): void =>
    void vi.stubGlobal("fetch", async () => Response.json(body, { status }));

  test("but a refund made in the dashboard is ours when its intent is", async () => {
    stripeAnswers(200, intent("succeeded"));
    const { env, sent } = bindings();
    expect(await receive(env, fromDashboard)).toMatchObject({ status: 200, body: { handled: true } });
    expect(sent).toMatchObject([{ orderId: ORDER, fact: { type: "refunded", refund: "re_1", amount: 500 } }]);
    stripeAnswers(200, intent("succeeded", { metadata: {} }));
    expect(await receive(bindings().env, fromDashboard)).toMatchObject({
      status: 200,
      body: { reason: "not_our_order" },
    });
  });

  test("and while Stripe cannot say whose it is, Stripe is asked to come again", async () => {
    stripeAnswers(401, { error: { type: "invalid_request_error", message: "no" } });
    expect(await receive(bindings().env, fromDashboard)).toMatchObject({ status: 503 });
  });
});

test("the rest of the Worker answers with problems, and says that it is well", async () => {
  const { env } = bindings();
  expect((await app.request("/healthz", {}, env)).status).toBe(200);
  expect((await app.request("/webhooks/other", { method: "POST" }, env)).status).toBe(404);
});
