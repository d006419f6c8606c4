import { describe, expect, test } from "vitest";
import { isWorthRepeating, repeatDelayMs } from "../../dev/shop/api/repeat.ts";
import type { Order } from "../../dev/shop/api/shapes.ts";
import { attemptFor, readAttempts, withAttempt, withoutAttempt } from "../../dev/shop/checkout/attempt.ts";
import { redirectOf, storyOf, waitingTime } from "../../dev/shop/order/story.ts";
import { ORDER_STATES } from "../../src/domain/order-record.ts";

/** Goal: a shopper who presses the button again never orders twice, and is told what is known of the payment and nothing that is not. */
const wanted = { cartId: "cart_1", method: "pm_card_visa" };

describe("an attempt to buy", () => {
  test("is repeated under its key while nobody knows what became of it, also after a reload", () => {
    const first = attemptFor([], wanted, "key-1");
    const kept = readAttempts(JSON.stringify(withAttempt([], first)));
    expect(attemptFor(kept, wanted, "key-2")).toEqual(first);
  });

  test("in another way, or for another cart, has a key of its own: the old key belongs to another request", () => {
    const kept = withAttempt([], attemptFor([], wanted, "key-1"));
    expect(attemptFor(kept, { ...wanted, method: "pm_usBankAccount" }, "key-2").key).toBe("key-2");
    expect(attemptFor(kept, { ...wanted, cartId: "cart_2" }, "key-2").key).toBe("key-2");
  });

  test("after an order was declined is a new one: its key would bring the declined order back", () => {
    const kept = withAttempt([], { ...attemptFor([], wanted, "key-1"), orderId: "ord_1" });
    expect(attemptFor(kept, wanted, "key-2").key).toBe("key-2");
  });

  test("that was refused is forgotten, and only so many are remembered", () => {
    let kept = withoutAttempt(withAttempt([], { key: "key-1", ...wanted }), "key-1");
    expect(kept).toEqual([]);
    for (let at = 0; at < 25; at++) kept = withAttempt(kept, { key: `key-${at}`, ...wanted });
    expect(kept).toHaveLength(10);
    expect(kept.at(-1)?.key).toBe("key-24");
  });

  test("is not made up from whatever else is in the browser's storage", () => {
    expect(readAttempts(undefined)).toEqual([]);
    expect(readAttempts("{broken")).toEqual([]);
    expect(readAttempts('{"key":"k"}')).toEqual([]);
    expect(readAttempts('[{"key":1},null,{"key":"k","cartId":"c","method":"m"}]')).toHaveLength(1);
  });
});

describe("a request that found nobody", () => {
  test("is repeated when another answer is possible, and a refusal is not", () => {
    const repeated = [undefined, 429, 500, 503].map((status) =>
      isWorthRepeating(status === undefined ? {} : { status }),
    );
    expect(repeated).toEqual([true, true, true, true]);
    expect([200, 304, 404, 409, 412, 422].map((status) => isWorthRepeating({ status }))).toEqual(Array(6).fill(false));
  });

  test("waits as long as it is asked to, else twice as long each time, and never for long", () => {
    expect([1, 2, 3].map((tries) => repeatDelayMs(tries, null))).toEqual([300, 600, 1_200]);
    expect([repeatDelayMs(1, "2"), repeatDelayMs(1, "3600"), repeatDelayMs(9, undefined)]).toEqual([
      2_000, 5_000, 5_000,
    ]);
    expect(repeatDelayMs(1, "Wed, 25 Nov 2026 00:00:00 GMT")).toBe(300);
  });
});

describe("what an order says of itself", () => {
  const money = { amount: 0, currency: "USD" };
  const order = (status: Order["status"], payment: Partial<Order["payment"]> = {}): Order => ({
    id: "ord_1",
    number: "BW-1",
    status,
    cart_id: "cart_1",
    lines: [],
    totals: { subtotal: money, discount: money, shipping: money, tax: money, total: money },
    payment: { status: "queued", captured: money, refunded: money, ...payment },
    version: 1,
    placed_at: "2026-11-27T00:00:00.000Z",
    updated_at: "2026-11-27T00:00:00.000Z",
  });

  test("is something for every state, and only unpaid orders can be canceled", () => {
    const told = ORDER_STATES.map((state) => [state, storyOf(order(state))] as const);
    expect(told.filter(([, { headline, detail }]) => headline === "" || detail === "")).toEqual([]);
    const cancelable = told.filter(([, { canCancel }]) => canCancel).map(([state]) => state);
    expect(cancelable).toEqual(["placing", "awaiting_payment", "requires_action"]);
    const again = told.filter(([, { canOrderAgain }]) => canOrderAgain).map(([state]) => state);
    expect(again).toEqual(["rejected", "payment_failed", "expired", "canceled"]);
  });

  test("a payment under way is not called paid (pitfall 4)", () => {
    for (const status of ["queued", "processing", "unknown", "requires_payment_method"]) {
      const story = storyOf(order("awaiting_payment", { status }));
      expect(story).toMatchObject({ tone: "wait", steps: ["done", "now", "todo"] });
      expect(`${story.headline} ${story.detail}`).not.toMatch(/\bpaid\b|thank/i);
    }
  });

  test("a wait is given as the shop estimates it", () => {
    expect(waitingTime(undefined)).toBe("This takes a moment.");
    expect(waitingTime(45)).toContain("about 45 seconds");
    expect(waitingTime(70)).toContain("about a minute");
    expect(waitingTime(600)).toContain("about 10 minutes");
    expect(storyOf(order("awaiting_payment", { expected_in_seconds: 45 })).detail).toContain("45 seconds");
  });

  test("a decline says why, in the words of the bank", () => {
    const error = {
      code: "card_declined",
      decline_code: "insufficient_funds",
      message: "Your card has insufficient funds.",
    };
    expect(storyOf(order("payment_failed", { error })).detail).toContain("Your card has insufficient funds.");
  });

  test("the bank's page is followed while it is asked for, and only to a web address", () => {
    const to = (url: unknown) => ({ next_action: { type: "redirect_to_url", redirect_to_url: { url } } });
    expect(redirectOf(order("requires_action", to("https://bank.example/1")))).toBe("https://bank.example/1");
    expect(redirectOf(order("requires_action", to("javascript:alert(1)")))).toBeUndefined();
    expect(redirectOf(order("requires_action", { next_action: { type: "use_stripe_sdk" } }))).toBeUndefined();
    expect(redirectOf(order("paid", to("https://bank.example/1")))).toBeUndefined();
  });
});
