import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide, TRANSITIONS } from "../../src/domain/order.ts";
import { refundsDue } from "../../src/domain/order-resend.ts";
import { ORDER_STATES, type Order, type OrderEvent, type StampedPaymentFact } from "../../src/domain/order-record.ts";
import { captured, newOrder, refunded, runOrder, TOTAL } from "../support/orders.ts";

const T0 = Date.UTC(2026, 10, 27);
const at = { attempt: 1, at: T0 };

describe("an order's transitions", () => {
  it("name only known states, and every state but the final ones can be left", () => {
    const left = new Set(TRANSITIONS.filter((rule) => rule.to !== undefined).flatMap((rule) => rule.from));
    for (const rule of TRANSITIONS) for (const state of rule.from) expect(ORDER_STATES).toContain(state);
    const final = ORDER_STATES.filter((state) => !left.has(state));
    expect(final).toEqual(["refunded"]);
  });

  it("take the straight way from placing to paid", () => {
    const run = runOrder([{ type: "reserved" }, captured("pi_1"), { type: "claimed" }]);
    expect(run.states).toEqual(["awaiting_payment", "paid", "paid"]);
    expect(run.effects.flat()).toEqual([
      "charge",
      "start_expiry",
      "project",
      "announce_placed",
      "stop_expiry",
      "claim_stock",
      "refund_strays",
      "project",
      "announce_paid",
    ]);
    expect(run.order.payment).toMatchObject({ captured: TOTAL, status: "succeeded", intent: "pi_1" });
  });

  it("pitfall 2: the same capture told three times moves the order and the ledger once", () => {
    const run = runOrder([{ type: "reserved" }, captured("pi_1"), captured("pi_1"), captured("pi_1")]);
    expect(run.states).toEqual(["awaiting_payment", "paid", "ignored", "ignored"]);
    expect(run.order.payment.captured).toBe(TOTAL);
  });

  it("pitfall 3: a payment after expiry claims the stock again, and is refunded when there is none", () => {
    const late: OrderEvent[] = [{ type: "reserved" }, intentCreated(), { type: "expiry_due" }, captured("pi_1")];
    const again = runOrder([...late, { type: "claimed" }], T0 + 1_000);
    expect(again.states.slice(2)).toEqual(["expired", "expired", "paid"]);
    const gone = runOrder([...late, { type: "claim_short", sku: "A" }, refunded("re_1", "pi_1", TOTAL)], T0 + 1_000);
    expect(gone.effects.at(-2)).toEqual(["restock", "refund_strays", "project"]);
    expect(gone.order).toMatchObject({ state: "refunded", payment: { captured: TOTAL, refunded: TOTAL } });
  });

  it("pitfall 4: a payment that is still processing is not a payment, and does not expire under the bank's feet", () => {
    const run = runOrder([{ type: "reserved" }, { type: "processing", intent: "pi_1", ...at }, { type: "expiry_due" }]);
    expect(run.states).toEqual(["awaiting_payment", "awaiting_payment", "awaiting_payment"]);
    expect(run.effects[2]).toEqual(["recheck_expiry", "ask_again"]);
    expect(run.order.payment.captured).toBe(0);
  });

  it("pitfall 8: a refunded order cannot go back to pending, whatever arrives", () => {
    const { order } = runOrder([{ type: "reserved" }, captured("pi_1"), refunded("re_1", "pi_1", TOTAL)]);
    expect(order.state).toBe("refunded");
    const ledger = {
      has: (ref: string) => ref === "pi_1" || ref === "re_1",
      amountOf: (ref: string) => (ref === "pi_1" || ref === "re_1" ? TOTAL : 0),
    };
    for (const event of anyEvents)
      expect(decide(order, event, ledger, T0 + 1)?.order.state ?? "refunded").toBe("refunded");
  });

  it("pitfall 12: a webhook that overtakes the API answer gives the same order as one that follows it", () => {
    const action: OrderEvent = { type: "action_required", intent: "pi_1", clientSecret: "s", nextAction: "{}", ...at };
    const before = runOrder([{ type: "reserved" }, action, captured("pi_1")]);
    const after = runOrder([{ type: "reserved" }, captured("pi_1"), action]);
    expect(after.order.state).toBe("paid");
    const what = ({ state, payment, stock }: Order) => ({ state, payment, stock });
    expect(what(after.order)).toEqual(what(before.order));
  });

  it("refund a second charge and keep the order paid", () => {
    const run = runOrder([{ type: "reserved" }, captured("pi_1"), captured("pi_2"), refunded("re_2", "pi_2", TOTAL)]);
    expect(run.effects[2]).toEqual(["refund", "alert_person", "project"]);
    expect(run.order).toMatchObject({
      state: "paid",
      payment: { intent: "pi_1", captured: 2 * TOTAL, refunded: TOTAL },
    });
  });

  it("refund what arrives after the shopper canceled, without taking stock", () => {
    const run = runOrder([
      { type: "reserved" },
      { type: "cancel_requested", by: "shopper" },
      captured("pi_1"),
      refunded("re_1", "pi_1", TOTAL),
    ]);
    expect(run.states).toEqual(["awaiting_payment", "canceled", "canceled", "refunded"]);
    expect(run.effects[2]).toEqual(["refund", "project"]);
  });

  it("keep a capture of the wrong amount away from the shelf until a person has looked", () => {
    const run = runOrder([{ type: "reserved" }, { ...captured("pi_1"), amount: TOTAL - 1 }]);
    expect(run.states).toEqual(["awaiting_payment", "awaiting_payment"]);
    expect(run.effects[1]).toContain("alert_person");
    expect(run.order.payment.review).toContain(`captured ${TOTAL - 1}`);
  });

  it("try a charge that definitely did not happen again under the next attempt, three times in all", () => {
    const failed = (attempt: number): OrderEvent => ({
      type: "failed",
      retryable: true,
      error: { code: "psp_unavailable", message: "" },
      attempt,
      at: T0,
    });
    const run = runOrder([{ type: "reserved" }, failed(1), failed(2), failed(2), failed(3)]);
    expect(run.states).toEqual([
      "awaiting_payment",
      "awaiting_payment",
      "awaiting_payment",
      "ignored",
      "payment_failed",
    ]);
    expect(run.order.payment.attempt).toBe(3);
  });

  it("ignore a non-final fact that is older than what is known", () => {
    const declined: OrderEvent = {
      type: "declined",
      error: { code: "card_declined", message: "" },
      attempt: 1,
      at: T0 - 60_000,
    };
    const action: OrderEvent = { type: "action_required", intent: "pi_1", clientSecret: "s", nextAction: "{}", ...at };
    expect(runOrder([{ type: "reserved" }, action, declined]).states.at(-1)).toBe("ignored");
  });

  it("never promise back more than was captured: of two refunds that together exceed it one is refused", () => {
    const run = runOrder([
      { type: "reserved" },
      captured("pi_1"),
      { type: "refund_requested", request: "r1", amount: 3_000, reason: "late" },
      { type: "refund_requested", request: "r2", amount: 3_000, reason: "late" },
      { type: "refund_requested", request: "r3", amount: TOTAL - 3_000, reason: "late" },
    ]);
    expect(run.states.slice(2)).toEqual(["paid", "ignored", "paid"]);
    expect(run.order.payment.requests?.map(({ amount }) => amount)).toEqual([3_000, TOTAL - 3_000]);
  });

  it("free what a failed refund had spoken for, and tell a person", () => {
    const run = runOrder([
      { type: "reserved" },
      captured("pi_1"),
      { type: "refund_requested", request: "r1", amount: TOTAL, reason: "late" },
      { type: "refund_failed", intent: "pi_1", refund: "re_1", request: "r1", ...at },
      { type: "refund_requested", request: "r2", amount: TOTAL, reason: "late" },
      { ...refunded("re_2", "pi_1", TOTAL), request: "r2" } as StampedPaymentFact,
    ]);
    expect(run.states.slice(2)).toEqual(["paid", "paid", "paid", "refunded"]);
    expect(run.effects[3]).toContain("alert_person");
    expect(run.order.payment.requests?.map(({ status }) => status)).toEqual(["failed", "succeeded"]);
  });

  it("let the shop cancel what is paid and not sent: goods to the shelf, money back", () => {
    const start: OrderEvent[] = [{ type: "reserved" }, captured("pi_1"), { type: "claimed" }];
    const run = runOrder([
      ...start,
      { type: "cancel_requested", by: "shopper" },
      { type: "cancel_requested", by: "shop" },
    ]);
    expect(run.states.slice(3)).toEqual(["ignored", "canceled"]);
    expect(run.effects[4]).toEqual(["restock", "refund_request", "project", "announce_closed"]);
    expect(run.order.payment.requests).toMatchObject([{ amount: TOTAL, status: "pending" }]);
    const send: OrderEvent = { type: "fulfilled", units: [{ sku: "A", quantity: 1 }] };
    expect(runOrder([...start, send, { type: "cancel_requested", by: "shop" }]).states.at(-1)).toBe("ignored");
  });

  it("send goods line by line, once, and not before they are claimed", () => {
    const send = (quantity: number): OrderEvent => ({ type: "fulfilled", units: [{ sku: "A", quantity }] });
    const run = runOrder([
      { type: "reserved" },
      captured("pi_1"),
      { type: "claimed" },
      send(1),
      send(2),
      send(1),
      send(1),
    ]);
    expect(run.states.slice(3)).toEqual(["partially_fulfilled", "ignored", "fulfilled", "ignored"]);
    expect(runOrder([{ type: "reserved" }, send(1)]).states.at(-1)).toBe("ignored");
  });

  it("record a dispute without moving the order, and tell a person once", () => {
    const dispute = (status: string): OrderEvent => ({
      type: "disputed",
      intent: "pi_1",
      dispute: { id: "dp_1", status, amount: TOTAL, reason: "fraudulent" },
      ...at,
    });
    const run = runOrder([{ type: "reserved" }, captured("pi_1"), dispute("needs_response"), dispute("lost")]);
    expect(run.states.slice(2)).toEqual(["paid", "paid"]);
    expect(run.effects.slice(2)).toEqual([["alert_person", "project"], ["project"]]);
    expect(run.order.disputes).toMatchObject([{ id: "dp_1", status: "lost" }]);
  });

  it("keep a lost dispute lost when what was said before comes late, in the same second or by an order that knows no time", () => {
    const dispute = (status: string, seconds: number): OrderEvent & { type: "disputed" } => ({
      type: "disputed",
      intent: "pi_1",
      dispute: { id: "dp_1", status, amount: TOTAL, reason: "fraudulent" },
      attempt: 0,
      at: T0 + seconds * 1_000,
    });
    for (const seconds of [60, 0]) {
      const late = [dispute("lost", seconds), dispute("needs_response", 0)];
      const run = runOrder([{ type: "reserved" }, captured("pi_1"), ...late]);
      expect(run.states.slice(2)).toEqual(["paid", "ignored"]);
      expect(run.order.disputes).toMatchObject([{ status: "lost", at: T0 + seconds * 1_000 }]);
      expect(run.order.payment.review).toContain("is lost");
    }
    const { order } = runOrder([{ type: "reserved" }, captured("pi_1")]);
    const stored = { ...order, disputes: [{ ...dispute("needs_response", 0).dispute }] };
    const closed = decide(stored, dispute("lost", 60), { has: () => false, amountOf: () => 0 }, T0);
    expect(closed?.order.disputes).toEqual([{ ...dispute("lost", 60).dispute, at: T0 + 60_000 }]);
  });

  it("let a person refund a capture of the wrong amount in the provider's dashboard", () => {
    const wrong = { ...captured("pi_1"), amount: 100 };
    const run = runOrder([{ type: "reserved" }, wrong, refunded("re_1", "pi_1", 100)]);
    expect(run.states).toEqual(["awaiting_payment", "awaiting_payment", "refunded"]);
  });

  it("give a stray capture back when the right one arrives, and keep the right one", () => {
    const wrong = { ...captured("pi_1"), amount: 100 };
    const run = runOrder([{ type: "reserved" }, wrong, captured("pi_2")]);
    expect(run.order).toMatchObject({ state: "paid", payment: { intent: "pi_2", captured: TOTAL + 100 } });
    expect(refundsDue(run.order, run.ledger)).toMatchObject([{ intent: "pi_1", amount: 100 }]);
  });

  it("give every charge back on its own intent when the goods are gone", () => {
    const run = runOrder([{ type: "reserved" }, captured("pi_1"), captured("pi_2"), { type: "claim_short", sku: "A" }]);
    expect(refundsDue(run.order, run.ledger).map(({ intent, amount }) => [intent, amount])).toEqual([
      ["pi_1", TOTAL],
      ["pi_2", TOTAL],
    ]);
  });

  it("hold under any sequence of events: money is entered once and never refunded beyond the capture", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...anyEvents), { maxLength: 40 }), (events) => {
        const { order, ledger } = runOrder([{ type: "reserved" }, ...events]);
        const sum = (kind: string): number =>
          ledger.filter((entry) => entry.kind === kind).reduce((total, entry) => total + entry.amount, 0);
        expect(order.payment.captured).toBe(sum("capture"));
        expect(order.payment.refunded).toBe(sum("refund"));
        expect(new Set(ledger.map((entry) => entry.ref)).size).toBe(ledger.length);
        if (order.state === "paid") expect(order.payment.captured).toBeGreaterThan(0);
        expect(order.payment.refunded).toBeLessThanOrEqual(order.payment.captured);
      }),
      { numRuns: 500 },
    );
  });
});

function intentCreated(): OrderEvent {
  return { type: "intent_created", intent: "pi_1", clientSecret: "s", ...at };
}

const anyEvents: OrderEvent[] = [
  { type: "expiry_due" },
  { type: "cancel_requested", by: "shopper" },
  { type: "cancel_requested", by: "shop" },
  { type: "refund_requested", request: "r1", amount: 100, reason: "late" },
  { type: "refund_requested", request: "r2", amount: TOTAL - 50, reason: "broken" },
  { type: "fulfilled", units: [{ sku: "A", quantity: 1 }] },
  { type: "claimed" },
  { type: "claim_short", sku: "A" },
  { type: "unknown", ...at },
  intentCreated(),
  { type: "action_required", intent: "pi_1", clientSecret: "s", nextAction: "{}", ...at },
  { type: "processing", intent: "pi_1", ...at },
  captured("pi_1"),
  captured("pi_2"),
  refunded("re_1", "pi_1", 100),
  refunded("re_2", "pi_2", TOTAL),
  { type: "refund_failed", intent: "pi_1", refund: "re_1", request: "r1", ...at },
  { type: "refund_failed", intent: "pi_2", refund: "re_2", ...at },
  { type: "declined", error: { code: "card_declined", message: "" }, ...at },
  { type: "failed", retryable: false, error: { code: "x", message: "" }, ...at },
  { type: "intent_canceled", intent: "pi_1", ...at },
];

it("an order's number is derived from it and reads well", () => {
  const order: Order = newOrder();
  expect(order.number).toMatch(/^BW-[0-9A-HJKMNP-TV-Z]{7}-[0-9A-HJKMNP-TV-Z]{5}$/);
});
