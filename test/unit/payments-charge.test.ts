/**
 * Goal: an order is charged once, and whatever Stripe does, the order learns what happened or that nobody knows yet. Threats: a new key for a
 * charge that may have happened, a rate limit that eats a message's retries, one message that fails its batch.
 */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { refuse } from "../../src/domain/result.ts";
import { failing, intent, NOW, order, ORDER, SECOND, world } from "./payments-world.ts";

const CHARGE = { v: 1, type: "payment.charge", id: "charge:1", orderId: ORDER, attempt: 1 };

beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
});

describe("charge", () => {
  test("creates and confirms one PaymentIntent under the order's key and reports what it says", async () => {
    const { run, requests, facts } = world(() => ({ body: intent("succeeded") }));
    expect(await run(CHARGE)).toEqual(["ack"]);
    expect(requests).toEqual([
      {
        line: "POST /v1/payment_intents",
        key: `${ORDER}:charge:1`,
        params: {
          amount: "2499",
          currency: "usd",
          confirm: "true",
          payment_method: "pm_card_visa",
          "automatic_payment_methods[enabled]": "true",
          "automatic_payment_methods[allow_redirects]": "never",
          receipt_email: "a@example.com",
          "metadata[order_id]": ORDER,
          "metadata[attempt]": "1",
          "metadata[order_number]": "BW-1",
          "metadata[cart_id]": "cart_1",
        },
      },
    ]);
    const captured = {
      type: "captured",
      intent: "pi_1",
      amount: 2_499,
      currency: "USD",
      attempt: 1,
      at: (SECOND - 3) * 1_000,
    };
    expect(facts).toMatchObject([{ orderId: ORDER, fact: captured }]);
  });

  test("allows redirects only together with a URL to come back to, and leaves the browser flow unconfirmed", async () => {
    const returning = world(() => ({ body: intent("requires_action", { next_action: { type: "redirect_to_url" } }) }), {
      chargeable: {
        ...order,
        method: { kind: "confirmation_token", id: "ctoken_1", returnUrl: "https://shop.example/back" },
      },
    });
    await returning.run(CHARGE);
    expect(returning.requests[0]?.params).toMatchObject({
      confirm: "true",
      confirmation_token: "ctoken_1",
      return_url: "https://shop.example/back",
      "automatic_payment_methods[allow_redirects]": "always",
    });
    expect(returning.fact()).toMatchObject({ type: "action_required", clientSecret: "pi_1_secret" });

    const client = world(() => ({ body: intent("requires_payment_method") }), {
      chargeable: { ...order, method: { kind: "client" } },
    });
    await client.run(CHARGE);
    expect(Object.keys(client.requests[0]?.params ?? {})).not.toContain("confirm");
    expect(client.fact()).toMatchObject({ type: "intent_created", clientSecret: "pi_1_secret" });
  });

  test("does nothing when the order does not want it any more", async () => {
    const { run, requests, takes } = world(() => failing(500), { chargeable: { charge: false } });
    expect(await run(CHARGE)).toEqual(["ack"]);
    expect([requests, takes]).toEqual([[], []]);
  });

  test("an amount that Stripe would read as another one is not sent, and the order is told that it failed", async () => {
    for (const price of [
      { amount: 5_000, currency: "ISK" },
      { amount: 5_124, currency: "KWD" },
    ]) {
      const { run, requests, fact } = world(() => ({ body: intent("succeeded") }), {
        chargeable: { ...order, ...price },
      });
      expect(await run(CHARGE)).toEqual(["ack"]);
      expect(requests).toEqual([]);
      expect(fact()).toMatchObject({ type: "failed", retryable: false, error: { code: "not_chargeable" } });
    }
  });

  test("text that no request can carry is not tried four times and left to a person: the order is told that it failed", async () => {
    for (const method of [
      { kind: "payment_method", id: "pm_\ud800" },
      { kind: "confirmation_token", id: "ctoken_1", returnUrl: "https://shop.example/\udc00" },
    ] as const) {
      const { run, requests, fact } = world(() => ({ body: intent("succeeded") }), {
        chargeable: { ...order, method },
      });
      expect(await run(CHARGE)).toEqual(["ack"]);
      expect(requests).toEqual([]);
      expect(fact()).toMatchObject({ type: "failed", retryable: false, error: { code: "malformed_text" } });
    }
  });

  test("a decline and a refused request end the attempt", async () => {
    const card = { type: "card_error", code: "card_declined", payment_intent: { id: "pi_1", created: SECOND } };
    const declined = world(() => failing(402, card));
    expect(await declined.run(CHARGE)).toEqual(["ack"]);
    expect(declined.fact()).toMatchObject({ type: "declined", intent: "pi_1", error: { code: "card_declined" } });
    const refused = world(() => failing(400, { type: "invalid_request_error", code: "resource_missing" }));
    expect(await refused.run(CHARGE)).toEqual(["ack"]);
    expect(refused.fact()).toMatchObject({ type: "failed", retryable: false, error: { code: "resource_missing" } });
  });

  test("after a lost answer asks again under the same key, never under a new one", async () => {
    const { run, requests, fact } = world((_, call) =>
      call < 3 ? new TypeError("connection lost") : { body: intent("succeeded") },
    );
    expect(await run(CHARGE)).toEqual(["ack"]);
    expect(requests.map(({ key }) => key)).toEqual(Array.from({ length: 3 }, () => `${ORDER}:charge:1`));
    expect(fact()).toMatchObject({ type: "captured" });
  });

  test("when no answer comes at all, says that it is unknown and looks it up later", async () => {
    const { run, requests, fact, sentAnew } = world((_, call) => (call === 2 ? failing(429) : failing(500)));
    expect(await run(CHARGE)).toEqual(["ack"]);
    expect(requests).toHaveLength(3);
    expect(fact()).toEqual({ type: "unknown", attempt: 1, at: SECOND * 1_000 });
    const expected = { type: "payment.resolve", orderId: ORDER, attempt: 1, firstSentAt: NOW, lastSentAt: NOW };
    expect(sentAnew).toMatchObject([{ message: expected, delaySeconds: 5 }]);
  });

  test("a 429 slows everyone down, costs the message no retry, and the same call goes out again", async () => {
    const { run, backOffs, fact } = world((_, call) =>
      call === 1 ? failing(429, {}, { "retry-after": "2" }) : { body: intent("succeeded") },
    );
    expect(await run(CHARGE)).toEqual(["ack"]);
    expect(backOffs).toEqual([2_000]);
    expect(fact()).toMatchObject({ type: "captured" });
  });

  describe("Stripe-Should-Retry", () => {
    const advised = (advice: string) => ({ "stripe-should-retry": advice });

    test("false ends the asking at once, whatever the status: what happened is looked up, and nobody is asked in vain", async () => {
      for (const status of [500, 409, 503]) {
        const { run, requests, fact, sentAnew } = world(() => failing(status, {}, advised("false")));
        expect(await run(CHARGE)).toEqual(["ack"]);
        expect(requests).toHaveLength(1);
        expect(fact()).toMatchObject({ type: "unknown" });
        expect(sentAnew).toMatchObject([{ message: { type: "payment.resolve" } }]);
      }
    });

    test("true repeats a call whose answer would have been final, under the same key, and the next answer counts", async () => {
      const refusals = [
        failing(400, { type: "invalid_request_error", code: "lock" }, advised("true")),
        failing(402, { type: "card_error", code: "card_declined" }, advised("true")),
        failing(401, {}, advised("true")),
      ];
      for (const refusal of refusals) {
        const { run, requests, fact, slept } = world((_, call) =>
          call === 1 ? refusal : { body: intent("succeeded") },
        );
        expect(await run(CHARGE)).toEqual(["ack"]);
        expect(requests.map(({ key }) => key)).toEqual([`${ORDER}:charge:1`, `${ORDER}:charge:1`]);
        expect(fact()).toMatchObject({ type: "captured" });
        expect(slept).toHaveLength(1);
      }
    });

    test("true does not ask for ever: after three calls the refusal is taken for what it is", async () => {
      const { run, requests, fact } = world(() =>
        failing(400, { type: "invalid_request_error", code: "lock" }, advised("true")),
      );
      expect(await run(CHARGE)).toEqual(["ack"]);
      expect(requests).toHaveLength(3);
      expect(fact()).toMatchObject({ type: "failed", retryable: false, error: { code: "lock" } });
    });

    test("a 429 with false slows everyone down and is sent anew later, at no cost to the message (pitfall 28)", async () => {
      const { run, requests, backOffs, sentAnew } = world(() =>
        failing(429, {}, { ...advised("false"), "retry-after": "3" }),
      );
      expect(await run(CHARGE)).toEqual(["ack"]);
      expect([requests.length, backOffs]).toEqual([1, [3_000]]);
      expect(sentAnew).toMatchObject([{ message: CHARGE }]);
    });
  });

  test("waits for its slot inside the batch, and is sent anew when that would take too long (pitfall 28)", async () => {
    const soon = world(() => ({ body: intent("succeeded") }), { delays: [1_500] });
    expect(await soon.run(CHARGE)).toEqual(["ack"]);
    expect(soon.slept).toEqual([1_500]);
    const late = world(() => ({ body: intent("succeeded") }), { delays: [61_000] });
    expect(await late.run(CHARGE)).toEqual(["ack"]);
    expect(late.requests).toEqual([]);
    expect(late.sentAnew).toEqual([{ message: CHARGE, delaySeconds: 61 }]);
  });

  test("wrong credentials do not fail the shopper's order: the message waits for a person", async () => {
    const { run, facts } = world(() => failing(401));
    const [outcome] = await run(CHARGE);
    expect(outcome).toBeGreaterThanOrEqual(30);
    expect(facts).toEqual([]);
  });

  test("the same key with other parameters is looked up as far back as Stripe remembers keys", async () => {
    const { run, facts, sentAnew } = world(() => failing(400, { type: "idempotency_error" }));
    expect(await run(CHARGE)).toEqual(["ack"]);
    expect(facts).toEqual([]);
    const resolve = { type: "payment.resolve", firstSentAt: NOW - 24 * 60 * 60_000, keyConflict: true };
    expect(sentAnew).toMatchObject([{ message: resolve }]);
  });

  test("an order that is restarting, or wants what comes first, finds the fact in its queue", async () => {
    for (const orderAnswers of [new Error("object reset"), refuse({ reason: "too_early" } as const)]) {
      const { run, facts, queued } = world(() => ({ body: intent("succeeded") }), { orderAnswers });
      expect(await run(CHARGE)).toEqual(["ack"]);
      const fact = { type: "captured", intent: "pi_1", attempt: 1 };
      const head = { v: 1, type: "payment.fact", id: "api:pi_1:captured:1", orderId: ORDER, source: "api" };
      expect([facts, queued]).toMatchObject([[], [{ ...head, fact }]]);
    }
  });

  test("a fact of an order that nobody knows goes to a person by way of the queue: money may have moved", async () => {
    const { run, queued } = world(() => ({ body: intent("succeeded") }), {
      orderAnswers: refuse({ reason: "unknown_order" }),
    });
    expect([await run(CHARGE), queued]).toMatchObject([["ack"], [{ orderId: ORDER }]]);
  });

  test("a queue that refuses what its order could not take gets the message again: the charge repeats under its key (pitfall 22)", async () => {
    const orderAnswers = new Error("object reset");
    const { run } = world(() => ({ body: intent("succeeded") }), { orderAnswers, sendFails: true });
    expect(await run(CHARGE)).toEqual([expect.any(Number)]);
  });

  test("a poison message and a failing one leave their neighbours alone", async () => {
    const { run } = world(({ line }) => (line.endsWith("/cancel") ? failing(401) : { body: intent("succeeded") }));
    const cancel = { v: 1, type: "payment.cancel", id: "c", orderId: ORDER, intent: "pi_2" };
    expect(await run({ type: "payment.charge" }, CHARGE, cancel)).toEqual(["retry", "ack", expect.any(Number)]);
  });

  test("never has more calls waiting for Stripe than Cloudflare lets out, and takes the slots of a batch together", async () => {
    let waiting = 0;
    let most = 0;
    const { run, takes } = world(async () => {
      most = Math.max(most, ++waiting);
      await new Promise((resolve) => setTimeout(resolve, 1));
      waiting--;
      return { body: intent("succeeded") };
    });
    const messages = Array.from({ length: 20 }, (_, i) => ({ ...CHARGE, attempt: i + 1 }));
    expect(new Set(await run(...messages))).toEqual(new Set(["ack"]));
    expect([most, takes[0]]).toEqual([5, 20]);
  });

  test("after one 429 the rest of the batch waits for new slots instead of collecting 429s of its own", async () => {
    const { run, requests, backOffs } = world((_, call) => (call <= 5 ? failing(429) : { body: intent("succeeded") }));
    const messages = Array.from({ length: 20 }, (_, i) => ({ ...CHARGE, attempt: i + 1 }));
    expect(new Set(await run(...messages))).toEqual(new Set(["ack"]));
    // Five were on their way already; nothing else was refused.
    expect([backOffs.length, requests.length]).toEqual([5, 25]);
  });
});
