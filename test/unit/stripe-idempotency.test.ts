import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { StripeStandin } from "../../dev/stripe/server.ts";
import { createStripeStandin } from "../../dev/stripe/server.ts";

/** Threat: a shop that retries wrongly charges twice. The stand-in must punish and forgive as Stripe does. */
let standin: StripeStandin;
let stripe: Stripe;
let now_ms: number;

beforeEach(async () => {
  now_ms = Date.UTC(2026, 10, 27);
  standin = await createStripeStandin({ port: 0, now: () => now_ms });
  stripe = new Stripe("sk_test_x", {
    host: "127.0.0.1",
    port: standin.port,
    protocol: "http",
    maxNetworkRetries: 0,
    timeout: 300,
  });
});
afterEach(() => standin.close());

const PAYMENT = {
  amount: 2_000,
  currency: "usd",
  payment_method: "pm_card_visa",
  confirm: true,
  allowed_payment_method_types: ["card"],
} satisfies Stripe.PaymentIntentCreateParams;

function pay(idempotencyKey: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}) {
  return stripe.paymentIntents.create({ ...PAYMENT, ...more }, { idempotencyKey });
}

async function inject(faults: unknown): Promise<void> {
  const response = await fetch(`${standin.url}/_control/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(faults),
  });
  expect(response.status).toBe(200);
}

async function chargesSucceeded(): Promise<number> {
  const charges = await stripe.charges.list({ limit: 100 });
  return charges.data.filter((charge) => charge.paid).length;
}

describe("idempotency keys", () => {
  test("the same request with the same key is answered with the first result and charges nothing more", async () => {
    const first = await pay("key-1");
    await stripe.paymentIntents.update(first.id, { metadata: { changed: "since" } });
    const second = await pay("key-1");
    const { lastResponse: before, ...first_body } = first;
    const { lastResponse: after, ...second_body } = second;
    expect(second_body).toEqual(first_body);
    expect(before.headers["idempotent-replayed"]).toBeUndefined();
    expect(after.headers["idempotent-replayed"]).toBe("true");
    expect(await chargesSucceeded()).toBe(1);
  });

  test("other parameters, or another endpoint, under the same key are an idempotency_error", async () => {
    const { id } = await pay("key-1");
    await expect(pay("key-1", { amount: 2_001 })).rejects.toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    const elsewhere = stripe.refunds.create({ payment_intent: id }, { idempotencyKey: "key-1" });
    await expect(elsewhere).rejects.toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    expect(await chargesSucceeded()).toBe(1);
  });

  test("a second request while the first is still running is a conflict, and charges nothing", async () => {
    await inject({ rules: [{ match: { method: "POST" }, effect: "latency", ms: 150 }] });
    const [first, second] = await Promise.allSettled([pay("key-1"), pay("key-1")]);
    const statuses = [first.status, second.status].toSorted();
    expect(statuses).toEqual(["fulfilled", "rejected"]);
    const refused = first.status === "rejected" ? first : second;
    expect(refused).toMatchObject({ reason: { statusCode: 409, code: "idempotency_key_in_use" } });
    expect(await chargesSucceeded()).toBe(1);
  });

  test("a decline is kept under its key, a request that was refused on sight is not", async () => {
    const decline = () =>
      pay("key-1", { payment_method: "pm_card_visa_chargeDeclined" }).catch((error: unknown) => error);
    const first = await decline();
    const second = await decline();
    expect(second).toMatchObject({ code: "card_declined", headers: { "idempotent-replayed": "true" } });
    expect(second).toMatchObject({ message: first instanceof Error ? first.message : "" });
    await expect(pay("key-2", { amount: 1 })).rejects.toMatchObject({ code: "amount_too_small" });
    await expect(pay("key-2")).resolves.toMatchObject({ status: "succeeded" });
  });

  test("a key is forgotten after a day", async () => {
    const first = await pay("key-1");
    now_ms += 24 * 60 * 60 * 1_000 + 2_000;
    const second = await pay("key-1");
    expect(second.id).not.toBe(first.id);
  });
});

describe("injected faults", () => {
  test("a time-out after the effect leaves a charge, which a lookup and the same key both find", async () => {
    await inject({
      rules: [{ match: { path: "/v1/payment_intents", method: "POST", count: 1 }, effect: "timeout_after", ms: 5_000 }],
    });
    await expect(pay("key-1", { metadata: { order_id: "ord_1" } })).rejects.toBeInstanceOf(
      Stripe.errors.StripeConnectionError,
    );
    const intents = await stripe.paymentIntents.list({ limit: 10 });
    const found = intents.data.find((intent) => intent.metadata["order_id"] === "ord_1");
    expect(found).toMatchObject({ status: "succeeded" });
    expect(await pay("key-1", { metadata: { order_id: "ord_1" } })).toMatchObject({ id: found?.id });
    expect(await chargesSucceeded()).toBe(1);
  });

  test("a time-out before the effect leaves nothing, and the key is free", async () => {
    await inject({ rules: [{ match: { method: "POST", count: 1 }, effect: "timeout_before", ms: 5_000 }] });
    await expect(pay("key-1")).rejects.toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect(await chargesSucceeded()).toBe(0);
    await expect(pay("key-1")).resolves.toMatchObject({ status: "succeeded" });
  });

  test("what is held is let go when the faults are taken back, and nothing was done meanwhile", async () => {
    const faults = `${standin.url}/_control/faults`;
    const held = async (): Promise<unknown> => (await fetch(faults)).json();
    await inject({ rules: [{ match: { method: "POST", count: 1 }, effect: "timeout_before", ms: 600_000 }] });
    const paid = stripe.paymentIntents.create(PAYMENT, { timeout: 20_000 });
    await vi.waitFor(async () => expect(await held()).toMatchObject({ held: 1 }));
    expect(await chargesSucceeded()).toBe(0);
    await fetch(faults, { method: "DELETE" });
    // The SDK itself repeats once what was cut off.
    await expect(paid).resolves.toMatchObject({ status: "succeeded" });
    expect(await held()).toMatchObject({ held: 0 });
  });

  test("a 500 is what its key answers from then on, before and after the effect; a 503 is not", async () => {
    await inject({ rules: [{ match: { method: "POST", count: 1 }, effect: "error_before" }] });
    await expect(pay("before")).rejects.toMatchObject({ statusCode: 500 });
    await expect(pay("before")).rejects.toMatchObject({ statusCode: 500, headers: { "idempotent-replayed": "true" } });
    expect(await chargesSucceeded()).toBe(0);
    await inject({ rules: [{ match: { method: "POST", count: 1 }, effect: "error_after" }] });
    await expect(pay("after")).rejects.toMatchObject({ statusCode: 500 });
    await expect(pay("after")).rejects.toMatchObject({ statusCode: 500 });
    expect(await chargesSucceeded()).toBe(1);
    await inject({ rules: [{ match: { method: "POST", count: 1 }, effect: "error_before", status: 503 }] });
    await expect(pay("edge")).rejects.toMatchObject({ statusCode: 503 });
    await expect(pay("edge")).resolves.toMatchObject({ status: "succeeded" });
    await inject({ rules: [{ match: { method: "POST", count: 1 }, effect: "error_after", status: 503 }] });
    await expect(pay("late edge")).rejects.toMatchObject({ statusCode: 503 });
    await expect(pay("late edge")).resolves.toMatchObject({ status: "succeeded" });
    expect(await chargesSucceeded()).toBe(3);
  });

  test("an injected error advises for or against a repeat as it is told, or as Stripe would", async () => {
    const advice = async (rule: object, key: string): Promise<unknown> => {
      await inject({ rules: [{ match: { method: "POST", count: 1 }, effect: "error_before", ...rule }] });
      const error: unknown = await pay(key).catch((thrown: unknown) => thrown);
      return error instanceof Stripe.errors.StripeError ? error.headers?.["stripe-should-retry"] : error;
    };
    expect(await advice({ status: 400, should_retry: true }, "a")).toBe("true");
    expect(await advice({ status: 503, should_retry: false }, "b")).toBe("false");
    expect(await advice({ status: 500 }, "c")).toBe("false");
    expect(await advice({ status: 503 }, "d")).toBe("true");
    expect(await advice({ status: 429 }, "e")).toBeUndefined();
  });

  test("a reset connection is repeated once by the SDK itself, and the key keeps it at one charge", async () => {
    await inject({ rules: [{ match: { method: "POST", count: 1 }, effect: "timeout_after", ms: 0 }] });
    await expect(pay("key-1")).resolves.toMatchObject({ status: "succeeded" });
    expect(await chargesSucceeded()).toBe(1);
  });

  test("the same seed fails the same requests", async () => {
    const run = async () => {
      await inject({ seed: 42, rules: [{ match: { method: "GET", probability: 0.5 }, effect: "error_before" }] });
      const outcomes: boolean[] = [];
      for (let call = 0; call < 12; call += 1) {
        outcomes.push(
          await stripe.events.list().then(
            () => true,
            () => false,
          ),
        );
      }
      return outcomes;
    };
    const first = await run();
    expect(await run()).toEqual(first);
    expect(new Set(first).size).toBe(2);
  });
});

test("above the rate limit the answer is 429, which no key remembers", async () => {
  const limit = { writes_per_s: 2, reads_per_s: null };
  await fetch(`${standin.url}/_control/rate-limit`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(limit),
  });
  await pay("key-1");
  await pay("key-2");
  const error = await pay("key-3").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
  expect(error).toMatchObject({ code: "rate_limit", headers: { "stripe-rate-limited-reason": "global-rate" } });
  now_ms += 1_000;
  await expect(pay("key-3")).resolves.toMatchObject({ status: "succeeded" });
  const stats: unknown = await (await fetch(`${standin.url}/_control/stats`)).json();
  expect(stats).toMatchObject({ rate_limited: 1, charges_succeeded: 3, calls: { "POST /v1/payment_intents": 3 } });
});
