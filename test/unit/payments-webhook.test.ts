/**
 * Goal: what Stripe tells us is believed when it is signed, counted once, and never lost; what is not ours never makes Stripe disable the
 * endpoint. Signatures here are Stripe's own, made by its SDK.
 */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { app } from "../../src/payments/app.ts";
import { bindings, event, intent, ORDER, receive, refund, SECRET, sign, CREATED } from "./payments-webhook-world.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
  vi.unstubAllGlobals();
});

describe("the signature", () => {
  test.each(["whsec_next", SECRET])("of either secret is good while one is being replaced (%s)", async (secret) => {
    const body = event("payment_intent.succeeded", intent("succeeded"));
    const { env, told } = bindings();
    expect(await receive(env, body, sign(body, secret))).toMatchObject({
      status: 200,
      body: { received: true, handled: true },
    });
    expect(told).toHaveLength(1);
  });

  const body = event("payment_intent.succeeded", intent("succeeded"));
  test.each([
    ["is missing", "", "bad_signature"],
    ["is of another secret", sign(body, "whsec_other"), "bad_signature"],
    ["is of another body", sign(`${body} `), "bad_signature"],
    ["is older than five minutes", sign(body, SECRET, Math.floor(Date.now() / 1_000) - 301), "stale"],
    ["is old and of the next secret", sign(body, "whsec_next", Math.floor(Date.now() / 1_000) - 301), "stale"],
    ["is empty", "t=,v1=", "bad_signature"],
    ["is not even of the right bytes", `t=1,v1=${"é".repeat(64)}`, "bad_signature"],
  ])("that %s is refused and kept, without what is nobody's business", async (_, signature, reason) => {
    const { env, told, rows } = bindings();
    const { status, body: problem, headers } = await receive(env, body, signature);
    expect([status, headers.get("content-type")]).toEqual([400, "application/problem+json"]);
    const expected = {
      type: "/problems/bad_signature",
      code: "bad_signature",
      instance: "/webhooks/stripe",
      request_id: "req-7",
    };
    expect(problem).toMatchObject(expected);
    expect(told).toEqual([]);
    const row = {
      reason,
      status: "refused",
      event_id: null,
      event_type: null,
      payload: body,
      payload_chars: body.length,
    };
    expect(rows()).toMatchObject([{ ...row, headers: expect.not.stringContaining("cookie") }]);
  });

  test("is refused with 400 even when D1 cannot keep it", async () => {
    expect(await receive(bindings({ databaseFails: true }).env, "{}", "t=1,v1=00")).toMatchObject({ status: 400 });
  });

  test("is refused without end, but only so many are kept: a flood of forged calls does not fill D1", async () => {
    const { env, rows } = bindings({ refusalsKept: 3 });
    for (let i = 0; i < 10; i++) expect(await receive(env, body, "t=1,v1=00")).toMatchObject({ status: 400 });
    expect(rows()).toHaveLength(3);
    // What Stripe signed is kept whatever was forged before it.
    const renamed = event("payment_intent.succeeded", { metadata: { order_id: ORDER, attempt: "1" } });
    expect(await receive(env, renamed)).toMatchObject({ status: 200, body: { handled: false } });
    expect(rows()).toHaveLength(4);
  });

  test("is kept when the limiter itself fails", async () => {
    const { env, rows } = bindings({ refusalsKept: new Error("no limiter") });
    expect(await receive(env, body, "t=1,v1=00")).toMatchObject({ status: 400 });
    expect(rows()).toHaveLength(1);
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
    expect(rows()).toEqual([]);
  });
});

describe("an event about our order", () => {
  test("becomes the fact that its status states, at Stripe's time", async () => {
    const { env, told } = bindings();
    await receive(env, event("payment_intent.succeeded", intent("succeeded")));
    const fact = { type: "captured", intent: "pi_1", amount: 2_499, currency: "USD", attempt: 2, at: CREATED * 1_000 };
    expect(told).toEqual([{ orderId: ORDER, fact }]);
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
    const { env, told } = bindings();
    expect(await receive(env, event(type, object))).toMatchObject({ status: 200, body: { handled: true } });
    expect(told).toMatchObject([{ orderId: ORDER, fact: { type: fact } }]);
  });

  test("from another API version is read all the same when what we need is there", async () => {
    const { env, told } = bindings();
    const object = { ...intent("succeeded"), charges: { data: [] }, next_action: undefined, surprise: 1 };
    await receive(env, event("payment_intent.succeeded", object, { api_version: "2019-01-01" }));
    expect(told).toHaveLength(1);
  });

  test("that we cannot read is kept with the place that differs, and accepted only if it was kept", async () => {
    const { env, told, rows } = bindings();
    const body = event("payment_intent.succeeded", intent("succeeded", { amount_received: "24.99" }));
    expect(await receive(env, body)).toMatchObject({
      status: 200,
      body: { handled: false, reason: "schema_mismatch" },
    });
    expect(rows()).toMatchObject([
      {
        reason: "schema_mismatch",
        status: "waiting",
        path: "/data/object/amount_received",
        expected: "number",
        actual: 'the text "24.99"',
        event_id: "evt_1",
        event_type: "payment_intent.succeeded",
        order_id: ORDER,
        payload: body,
      },
    ]);
    expect(told).toEqual([]);
    expect(await receive(bindings({ databaseFails: true }).env, body)).toMatchObject({ status: 503 });
  });

  test("waits in the queue, under the event's id, for an order that cannot be asked just now", async () => {
    const { env, told, sent } = bindings({ knows: new Error("object reset") });
    const answer = await receive(env, event("payment_intent.succeeded", intent("succeeded")));
    expect(answer).toMatchObject({ status: 200, body: { handled: true } });
    const head = { v: 1, type: "payment.fact", id: "stripe:evt_1", requestId: "req-7", source: "webhook" };
    expect([told, sent]).toMatchObject([[], [{ ...head, orderId: ORDER, fact: { type: "captured" } }]]);
  });

  test("is delivered again by Stripe when neither its order nor the queue takes its fact (pitfall 22)", async () => {
    const answer = await receive(
      bindings({ knows: new Error("object reset"), queueFails: true }).env,
      event("payment_intent.succeeded", intent("succeeded")),
    );
    expect(answer).toMatchObject({ status: 503, body: { code: "try_again" } });
    expect(answer.headers.get("retry-after")).toBe("30");
  });

  test("a pending refund is no refund yet, and a failed one tells its order so", async () => {
    const { env, told } = bindings();
    expect(await receive(env, event("refund.created", refund("pending")))).toMatchObject({
      body: { reason: "refund_not_final" },
    });
    expect(told).toEqual([]);
    expect(await receive(env, event("refund.failed", refund("failed")))).toMatchObject({ status: 200 });
    expect(told).toMatchObject([{ fact: { type: "refund_failed", intent: "pi_1" } }]);
  });
});

test("the rest of the Worker answers with problems, and says that it is well", async () => {
  const { env } = bindings();
  expect((await app.request("/healthz", {}, env)).status).toBe(200);
  expect((await app.request("/webhooks/other", { method: "POST" }, env)).status).toBe(404);
});
