/**
 * Goal: money that goes back takes its order along, in whatever order things are told. Threats: goods that are claimed for an order that has no
 * money any more, and a sum that says something else than the payment provider.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orderNotification } from "../../src/domain/notifications.ts";
import { refundable } from "../../src/domain/order-payment.ts";
import type { OrderEvent, StampedPaymentFact } from "../../src/domain/order-record.ts";
import { refundsDue } from "../../src/domain/order-resend.ts";
import { captured, refunded, runOrder, TOTAL } from "../support/orders.ts";

const RESERVED: OrderEvent = { type: "reserved" };
const CLAIMED: OrderEvent = { type: "claimed" };
const SHORT: OrderEvent = { type: "claim_short", sku: "A" };
const ask = (request: string, amount: number): OrderEvent => ({
  type: "refund_requested",
  request,
  amount,
  reason: "late",
});
/** What payments tells of a request that the provider refused: there is no refund to name. */
const refused = (request: string): OrderEvent => ({
  type: "refund_failed",
  intent: "pi_1",
  refund: `refund:ord_1:${request}`,
  request,
  attempt: 0,
  at: 0,
});
const send = (quantity: number): OrderEvent => ({ type: "fulfilled", units: [{ sku: "A", quantity }] });

describe("a full refund while the goods are being claimed", () => {
  it("releases them, whether the payment was in time or late, and a claim that ends afterwards changes nothing", () => {
    for (const before of [[], [{ type: "expiry_due" }]] satisfies OrderEvent[][])
      for (const claim of [CLAIMED, SHORT]) {
        // Asked first, because a charge that nobody has answered yet is not given up.
        const asked: OrderEvent = { type: "intent_created", intent: "pi_1", clientSecret: "s", attempt: 1, at: 0 };
        const run = runOrder([RESERVED, asked, ...before, captured("pi_1"), refunded("re_1", "pi_1", TOTAL), claim]);
        expect(run.states.at(-1)).toBe("ignored");
        expect(run.order).toMatchObject({ state: "refunded", stock: "released" });
        expect(run.effects.at(-2)).toEqual(["restock", "project", "announce_refunded"]);
      }
  });

  it("leaves them claimed when a part was sent already, and takes back what could not be had", () => {
    const sent = [RESERVED, captured("pi_1"), send(1), refunded("re_1", "pi_1", TOTAL)];
    expect(runOrder([...sent, CLAIMED]).order).toMatchObject({ state: "refunded", stock: "claimed" });
    const short = runOrder([...sent, SHORT]);
    expect(short.order).toMatchObject({ state: "refunded", stock: "released" });
    expect(short.effects.at(-1)).toContain("restock");
  });

  it("after the claim moves money only", () => {
    const run = runOrder([RESERVED, captured("pi_1"), CLAIMED, refunded("re_1", "pi_1", TOTAL)]);
    expect(run.order).toMatchObject({ state: "refunded", stock: "claimed" });
  });
});

describe("when the goods of a paid order are gone, the money goes back", () => {
  const due = (events: OrderEvent[]): number[] => {
    const { order, ledger } = runOrder([RESERVED, captured("pi_1"), ...events]);
    return refundsDue(order, ledger).map(({ amount }) => amount);
  };

  it("less what is on its way back already, or came back before", () => {
    expect(due([ask("r1", 500), SHORT])).toEqual([TOTAL - 500]);
    expect(due([refunded("re_1", "pi_1", 500), SHORT])).toEqual([TOTAL - 500]);
    expect(due([refunded("re_1", "pi_1", 500), ask("r1", 700), SHORT])).toEqual([TOTAL - 1_200]);
    expect(due([ask("r1", TOTAL), SHORT])).toEqual([]);
  });

  it("but not that of goods that were sent before it was noticed: a person decides about those", () => {
    expect(due([send(1), refunded("re_1", "pi_1", 500), SHORT])).toEqual([]);
  });

  it("once, when it is asked for by a cancellation", () => {
    expect(due([CLAIMED, ask("r1", 500), { type: "cancel_requested", by: "shop" }])).toEqual([]);
  });
});

describe("a request that the provider cannot fulfil any more, because somebody refunded in its dashboard", () => {
  const asked = [RESERVED, captured("pi_1"), CLAIMED, ask("r1", TOTAL)];
  const cancel: OrderEvent = { type: "cancel_requested", by: "shop" };

  it("never makes a cancellation ask for less than nothing, and the rest is due when it was refused", () => {
    const canceled = [...asked, refunded("re_dashboard", "pi_1", 2_000), cancel];
    const { order } = runOrder(canceled);
    expect(order).toMatchObject({ state: "canceled", payment: { requests: [{ id: "r1", amount: TOTAL }] } });
    const run = runOrder([...canceled, refused("r1")]);
    expect(run.effects.at(-1)).toContain("alert_person");
    expect(run.order.payment.review).toContain("r1 failed");
    expect(refundsDue(run.order, run.ledger)).toMatchObject([{ intent: "pi_1", amount: TOTAL - 2_000 }]);
  });

  it("is over when nothing is left to give back", () => {
    const { order } = runOrder([...asked, refunded("re_dashboard", "pi_1", TOTAL)]);
    expect(order).toMatchObject({ state: "refunded", payment: { requests: [{ id: "r1", status: "failed" }] } });
  });
});

it("the refund of a second charge is told to the shop's figures, which may have heard of the charge meanwhile", () => {
  const twice = [RESERVED, captured("pi_1"), CLAIMED, captured("pi_2")];
  const sent = runOrder([...twice, send(2), refunded("re_2", "pi_2", TOTAL)]);
  expect([sent.states.at(-1), sent.effects.at(-1)]).toEqual(["fulfilled", ["project", "announce_correction"]]);
  const paid = [RESERVED, captured("pi_1"), CLAIMED, refunded("re_1", "pi_1", TOTAL)];
  const after = runOrder([...paid, captured("pi_2"), refunded("re_2", "pi_2", TOTAL)]);
  expect([after.states.at(-1), after.effects.at(-1)]).toEqual(["refunded", ["project", "announce_correction"]]);
});

describe("a refund that succeeded and that its bank sends back days later", () => {
  const failed = (refund: string, request?: string): StampedPaymentFact => ({
    type: "refund_failed",
    intent: "pi_1",
    refund,
    request,
    attempt: 0,
    at: 0,
  });
  const back = (refund: string, request: string): OrderEvent =>
    // SAFETY: a refund, with the request that it fulfils.
    ({ ...refunded(refund, "pi_1", TOTAL), request }) as StampedPaymentFact;
  const full = [RESERVED, captured("pi_1"), CLAIMED, ask("r1", TOTAL), back("re_1", "r1")];

  it("is put before a person once, though two events tell it, and counts no more", () => {
    const run = runOrder([...full, failed("re_1", "r1"), failed("re_1", "r1"), back("re_1", "r1")]);
    expect(run.states.slice(4)).toEqual(["refunded", "refunded", "ignored", "ignored"]);
    expect(run.effects[5]).toEqual(["alert_person", "project", "announce_correction"]);
    expect(run.order.payment).toMatchObject({ refunded: 0, requests: [{ id: "r1", status: "failed" }] });
    expect(run.order.payment.review).toContain(`re_1 over ${TOTAL} failed`);
    expect(run.ledger.map(({ ref, amount }) => [ref, amount])).toEqual([
      ["pi_1", TOTAL],
      ["re_1", 0],
    ]);
    // Nothing goes back by itself: a person may have paid the customer otherwise. And nobody is told that it was refunded.
    expect(refundsDue(run.order, run.ledger)).toEqual([]);
    expect(orderNotification("order.refunded", run.order, 0)).toBeUndefined();
  });

  it("is taken off the figures of a canceled order as well, which were told what was left when it was canceled", () => {
    const cancel: OrderEvent = { type: "cancel_requested", by: "shop" };
    const part = refunded("re_1", "pi_1", 400);
    const run = runOrder([RESERVED, captured("pi_1"), CLAIMED, part, cancel, failed("re_1")]);
    expect([run.states.at(-1), run.effects.at(-1)]).toEqual([
      "canceled",
      ["alert_person", "project", "announce_correction"],
    ]);
    const request = run.order.payment.requests?.[0]?.id;
    // SAFETY: a refund, with the request that it fulfils.
    const others = { ...refunded("re_2", "pi_1", TOTAL - 400), request } as StampedPaymentFact;
    const rest = runOrder([RESERVED, captured("pi_1"), CLAIMED, part, cancel, failed("re_1"), others]);
    expect([rest.states.at(-1), rest.effects.at(-1)]).toEqual(["canceled", ["project", "announce_correction"]]);
    expect(refundsDue(rest.order, rest.ledger)).toMatchObject([{ amount: 400 }]);
  });

  it("can be given back again, and no more than that", () => {
    const run = runOrder([...full, ask("r0", 1), failed("re_1", "r1"), ask("r2", TOTAL), ask("r3", 1)]);
    expect(run.states.slice(5)).toEqual(["ignored", "refunded", "refunded", "ignored"]);
    const again = runOrder([...full, failed("re_1", "r1"), ask("r2", TOTAL), back("re_2", "r2")]);
    expect(again.order).toMatchObject({ state: "refunded", payment: { captured: TOTAL, refunded: TOTAL } });
    expect(again.effects.at(-1)).toContain("announce_correction");
    expect(refundable(again.order)).toBe(0);
  });

  it("leaves the sum that the provider has, in whatever order successes and failures are told, and however often", () => {
    const made = fc.record({
      amount: fc.integer({ min: 1, max: TOTAL }),
      /** Which of those that have not failed fails next, if one does. */
      fails: fc.option(fc.nat(5)),
    });
    fc.assert(
      fc.property(fc.array(made, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 30 }), (refunds, picks) => {
        const live = new Map<string, number>();
        const left = (): number => TOTAL - [...live.values()].reduce((sum, amount) => sum + amount, 0);
        const told: OrderEvent[] = [];
        refunds.forEach(({ amount, fails }, n) => {
          const refund = `re_${n}`;
          if (left() > 0) live.set(refund, Math.min(amount, left()));
          told.push(...[...live].slice(-1).map(([ref, sum]) => refunded(ref, "pi_1", sum)));
          const failing = fails === null ? undefined : [...live.keys()][fails % Math.max(1, live.size)];
          if (failing !== undefined && live.delete(failing)) told.push(failed(failing));
        });
        const before = told.length === 0 ? [] : picks.flatMap((pick) => told[pick % told.length] ?? []);
        const { order, ledger } = runOrder([RESERVED, captured("pi_1"), CLAIMED, ...before, ...told]);
        expect(TOTAL - order.payment.refunded).toBe(left());
        const entered = ledger.filter(({ kind, amount }) => kind === "refund" && amount > 0);
        expect(new Map(entered.map(({ ref, amount }) => [ref, amount]))).toEqual(live);
      }),
    );
  });
});
