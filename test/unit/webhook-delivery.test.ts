import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LOW_AT_FIRST, lowAfter } from "../../src/domain/low-stock.ts";
import { isEventFilter, orderNotification, wants } from "../../src/domain/notifications.ts";
import {
  type AttemptOutcome,
  DISABLE_FAILURES,
  type EndpointHealth,
  healthAfter,
  mustDisable,
  nextStep,
  RETRY_DELAYS_MS,
  retryAfterMs,
} from "../../src/domain/webhook-delivery.ts";
import { newOrder } from "../support/orders.ts";

/** Goal: a receiver that was away gets everything once it is back. Threat (pitfall 14): giving up on the failures that pass by themselves. */
const HOUR = 3_600_000;
const after = (outcome: AttemptOutcome, tries: number, random = 0.5) =>
  nextStep(outcome, tries, { now: 0, random, scale: 1 });

describe("the schedule of retries", () => {
  test("each wait is at least as long as the one before, and all together are about a day", () => {
    expect(RETRY_DELAYS_MS).toEqual(RETRY_DELAYS_MS.toSorted((a, b) => a - b));
    const total = RETRY_DELAYS_MS.reduce((sum, delay) => sum + delay, 0);
    expect(total).toBeGreaterThan(20 * HOUR);
    expect(total).toBeLessThan(28 * HOUR);
  });

  test.each([
    { status: 500 },
    { status: 503 },
    { status: 429 },
    { status: 400 },
    { status: 404 },
    { status: 301 },
    { error: "reset" },
  ])("pitfall 14: %j is tried again until the schedule ends", (outcome) => {
    for (const [index, delay] of RETRY_DELAYS_MS.entries()) {
      expect(after(outcome, index + 1)).toEqual({ kind: "retry", at: delay });
    }
    expect(after(outcome, RETRY_DELAYS_MS.length + 1)).toEqual({ kind: "exhausted" });
  });

  test("2xx is delivered, 410 is goodbye", () => {
    for (const status of [200, 201, 202, 204, 299]) expect(after({ status }, 1)).toEqual({ kind: "delivered" });
    expect(after({ status: 410 }, 1)).toEqual({ kind: "gone" });
  });

  test("receivers that failed together do not come back together: a tenth either way", () => {
    const [first = 0] = RETRY_DELAYS_MS;
    expect(after({ status: 500 }, 1, 0)).toEqual({ kind: "retry", at: first * 0.9 });
    expect(after({ status: 500 }, 1, 1)).toEqual({ kind: "retry", at: first * 1.1 });
  });

  test("Retry-After makes it later, never sooner, and not by a year", () => {
    expect(after({ status: 429, retryAfterMs: 60_000 }, 1)).toEqual({ kind: "retry", at: 60_000 });
    expect(after({ status: 503, retryAfterMs: 1 }, 1)).toEqual({ kind: "retry", at: 5_000 });
    expect(after({ status: 429, retryAfterMs: 365 * 24 * HOUR }, 1)).toEqual({ kind: "retry", at: 8 * HOUR });
  });

  test.each([
    ["120", 120_000],
    [" 7 ", 7_000],
    ["Thu, 01 Jan 1970 00:01:00 GMT", 50_000],
    ["Thu, 01 Jan 1970 00:00:00 GMT", undefined],
    ["-5", undefined],
    ["soon", undefined],
    ["9".repeat(400), undefined],
    [null, undefined],
  ])("Retry-After %j is %j ms", (header, ms) => expect(retryAfterMs(header, 10_000)).toBe(ms));
});

describe("disabling", () => {
  const failing = (times: number, everyMs: number): EndpointHealth => {
    let health: EndpointHealth = { failures: 0, failingSince: undefined };
    for (let i = 0; i < times; i++) health = healthAfter(health, false, i * everyMs);
    return health;
  };

  test("takes both: many failures in a row, and a long time of them", () => {
    const day = 24 * HOUR;
    expect(mustDisable(failing(DISABLE_FAILURES, HOUR), day, day)).toBe(true);
    expect(mustDisable(failing(DISABLE_FAILURES - 1, HOUR), day, 10 * day)).toBe(false);
    expect(mustDisable(failing(1_000, 1), day, day - 1)).toBe(false);
  });

  test("one success forgets everything", () => {
    expect(healthAfter(failing(50, HOUR), true, 0)).toEqual({ failures: 0, failingSince: undefined });
  });
});

describe("event filters", () => {
  test.each([
    ["*", true],
    ["order.*", true],
    ["order.paid", true],
    ["endpoint.*", true],
    ["orders.*", false],
    ["order.", false],
    ["order", false],
    [".*", false],
    ["*.paid", false],
    ["order.pa*", false],
    ["", false],
  ])("%j is a filter: %j", (text, is) => expect(isEventFilter(text)).toBe(is));

  test("match one event, a family, or all", () => {
    expect(wants(["order.paid"], "order.paid")).toBe(true);
    expect(wants(["order.paid"], "order.refunded")).toBe(false);
    expect(wants(["stock.low", "order.*"], "order.refunded")).toBe(true);
    expect(wants(["order.*"], "stock.low")).toBe(false);
    expect(wants(["*"], "endpoint.disabled")).toBe(true);
  });
});

describe("what an order tells", () => {
  const told = (fact: string, state: "expired" | "canceled" | "payment_failed" | "paid" | "fulfilled") =>
    orderNotification(fact, { ...newOrder(), state }, 1)?.type;

  test("is its own name of the fact, and nothing for what others need not know", () => {
    expect(told("order.paid", "paid")).toBe("order.paid");
    expect(told("order.fulfilled", "fulfilled")).toBe("order.fulfilled");
    expect(told("order.closed", "expired")).toBe("order.expired");
    expect(told("order.closed", "canceled")).toBe("order.canceled");
    expect(told("order.closed", "payment_failed")).toBeUndefined();
    expect(told("order.placed", "paid")).toBeUndefined();
  });

  test("has one id however often it is told, and nothing of the customer", () => {
    const order = { ...newOrder(), state: "paid" as const, customer: { email: "ada@example.com" } };
    const [first, again] = [1, 2].map((at) => orderNotification("order.paid", { ...order, version: at }, at));
    expect(first?.id).toBe(again?.id);
    expect(JSON.stringify(first)).not.toContain("ada@");
    const refund = (refunded: number) =>
      orderNotification("order.refunded", { ...order, payment: { ...order.payment, refunded } }, 1)?.id;
    expect(refund(100)).not.toBe(refund(200));
  });
});

test("stock is told low once per crossing, whatever the level does in between", () => {
  const policy = { threshold: 10, clear: 15 };
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 200 }), (levels) => {
      let low = LOW_AT_FIRST;
      let armed = false;
      for (const available of levels) {
        const next = lowAfter(low, available, policy);
        // Told exactly when it falls below the threshold after it was at or above the clear level, and then not before it was there again.
        if (available >= policy.clear) armed = true;
        expect(next.crossed).toBe(armed && available < policy.threshold);
        if (next.crossed) armed = false;
        low = next.low;
      }
    }),
  );
});

test("a clear level below the threshold counts as the threshold, and a threshold of 0 is never crossed", () => {
  expect(lowAfter(true, 8, { threshold: 10, clear: 5 })).toEqual({ low: true, crossed: false });
  expect(lowAfter(false, 0, { threshold: 0, clear: 0 })).toEqual({ low: false, crossed: false });
});
