import { abortAllDurableObjects } from "cloudflare:test";
import fc from "fast-check";
import { afterEach, expect, it, vi } from "vitest";
import type { OrderSnapshot, StampedPaymentFact } from "../../src/domain/order-record.ts";
import {
  env,
  levelOf,
  line,
  messagesTo,
  newId,
  runDueWork,
  snapshotOf,
  stockedSku,
  tablesOf,
  workOf,
} from "../support/objects.ts";

afterEach(() => void vi.useRealTimers());

const capture = (snapshot: OrderSnapshot, intent = "pi_1"): StampedPaymentFact => ({
  type: "captured",
  intent,
  amount: snapshot.totals.total,
  currency: "USD",
  attempt: 1,
  at: Date.now(),
});

async function settle(snapshot: OrderSnapshot): Promise<void> {
  for (let i = 0; i < 4; i++) await runDueWork(env.ORDER.getByName(snapshot.orderId));
}

it.each([0, 3])("reserves every SKU or none, and says what is short (beside %i lines of plenty)", async (more) => {
  const [plenty, scarce, none] = [await stockedSku(10), await stockedSku(1), await stockedSku(2)];
  const others = await Promise.all(Array.from({ length: more }, () => stockedSku(500)));
  const snapshot = snapshotOf([line(plenty, 2), line(scarce, 2), line(none, 3), ...others.map((sku) => line(sku, 1))]);
  const order = await env.ORDER.getByName(snapshot.orderId).place(snapshot);
  expect(order.state).toBe("rejected");
  const short = [
    { sku: scarce, requested: 2, available: 1 },
    { sku: none, requested: 3, available: 2 },
  ].toSorted((a, b) => (a.sku < b.sku ? -1 : 1));
  expect(order.shortages).toEqual(short);
  await settle(snapshot);
  for (const sku of [plenty, scarce, none, ...others]) expect(await levelOf(sku)).toMatchObject({ reserved: 0 });
});

it("claims the stock once when it is paid, however often the payment is told", async () => {
  const sku = await stockedSku(5);
  const snapshot = snapshotOf([line(sku, 2)]);
  const order = env.ORDER.getByName(snapshot.orderId);
  await order.place(snapshot);
  const facts = Array.from({ length: 3 }, () => capture(snapshot));
  const replies = await Promise.all(facts.map((fact) => order.apply(fact)));
  expect(replies.filter((reply) => reply.ok && reply.value.applied)).toHaveLength(1);
  await settle(snapshot);
  expect(await levelOf(sku)).toMatchObject({ sold: 2, reserved: 0, onHand: 3 });
  expect(await order.audit()).toMatchObject({ order: { state: "paid", stock: "claimed" }, ledger: [{ ref: "pi_1" }] });
});

it("pitfall 24: an alarm that comes twice, or late, does nothing twice", async () => {
  const sku = await stockedSku(5);
  const snapshot = snapshotOf([line(sku, 1)]);
  const order = env.ORDER.getByName(snapshot.orderId);
  await order.place(snapshot);
  await order.apply({ type: "intent_created", intent: "pi_1", clientSecret: "s", attempt: 1, at: Date.now() });
  await runDueWork(order);
  await runDueWork(order);
  const expired = await order.audit();
  expect(expired?.order.state).toBe("expired");
  await runDueWork(order);
  expect((await order.audit())?.history).toEqual(expired?.history);
  expect(await levelOf(sku)).toMatchObject({ reserved: 0, onHand: 5 });
});

it("does not expire while its charge still waits in the queue", async () => {
  const sku = await stockedSku(5);
  const snapshot = snapshotOf([line(sku, 1)]);
  const order = env.ORDER.getByName(snapshot.orderId);
  await order.place(snapshot);
  await settle(snapshot);
  expect(await order.read()).toMatchObject({ state: "awaiting_payment", payment: { status: "queued" } });
  // What the last alarm started, the renewal of the hold and the charge told again, ends by itself.
  await vi.waitFor(async () => expect(await workOf(order)).toEqual(["expire"]), { timeout: 10_000 });
  expect(await order.chargeable(1)).toMatchObject({ charge: true, amount: 1_000 });
  expect(await levelOf(sku)).toMatchObject({ reserved: 1 });
});

it("pitfall 3: a late payment takes the goods when they are there, and goes back when they are not", async () => {
  for (const left of [1, 0]) {
    const sku = await stockedSku(1);
    const snapshot = snapshotOf([line(sku, 1)], { kind: "client" });
    const order = env.ORDER.getByName(snapshot.orderId);
    await order.place(snapshot);
    await order.apply({ type: "intent_created", intent: "pi_1", clientSecret: "s", attempt: 1, at: Date.now() });
    await settle(snapshot);
    expect(await order.read()).toMatchObject({ state: "expired" });
    if (left === 0) await env.STOCK.getByName(sku).claim({ sku, orderId: newId("ord"), quantity: 1 });
    const asked = await messagesTo(order, "payments");
    await order.apply(capture(snapshot));
    await settle(snapshot);
    const audit = await order.audit();
    expect(audit?.order.state).toBe(left === 1 ? "paid" : "expired");
    expect(audit?.order.stock).toBe(left === 1 ? "claimed" : "released");
    const refund = { type: "payment.refund", intent: "pi_1", amount: 1_000 };
    expect(await asked()).toMatchObject(left === 1 ? [] : [refund]);
    expect(await levelOf(sku)).toMatchObject({ sold: 1, onHand: 0, reserved: 0 });
  }
});

it("gives stock and cart back when the card is declined, so that the shopper can try another", async () => {
  const sku = await stockedSku(1);
  const cartId = newId("cart");
  const cart = env.CART.getByName(cartId);
  await cart.create({ id: cartId, currency: "USD" });
  const quote = { sku, name: sku, unitPrice: 1_000, currency: "USD" };
  await cart.change({ change: { type: "add_line", quote, quantity: 1 } });
  const placed = await cart.checkout({
    command: { key: "k", fingerprint: "f" },
    orderId: newId("ord"),
    quotes: [quote],
    pricedVersion: 2,
    totals: { subtotal: 1_000, discount: 0, shipping: 0, tax: 0, total: 1_000 },
    method: { kind: "payment_method", id: "pm_card_visa_chargeDeclined" },
  });
  if (!placed.ok) throw new Error(placed.reason);
  const order = env.ORDER.getByName(placed.value.id);
  await order.apply({
    type: "declined",
    intent: "pi_1",
    error: { code: "card_declined", message: "no" },
    attempt: 1,
    at: Date.now(),
  });
  for (let i = 0; i < 3; i++) await runDueWork(order);
  expect(await order.read()).toMatchObject({ state: "payment_failed", payment: { error: { code: "card_declined" } } });
  expect(await cart.read()).toMatchObject({ status: "open", lines: [{ sku }] });
  expect(await levelOf(sku)).toMatchObject({ reserved: 0 });
});

it("wakes who waits for its next version", async () => {
  const sku = await stockedSku(1);
  const snapshot = snapshotOf([line(sku, 1)]);
  const order = env.ORDER.getByName(snapshot.orderId);
  const placed = await order.place(snapshot);
  const waiting = order.follow({ waitMs: 10_000 });
  await order.apply(capture(snapshot));
  expect(await waiting).toMatchObject({ order: { state: "paid", version: placed.version + 1 }, wasPending: true });
  const started = Date.now();
  expect(await order.follow({ waitMs: 10_000 })).toMatchObject({ order: { state: "paid" }, wasPending: false });
  expect(Date.now() - started).toBeLessThan(5_000);
});

it("tells again what its state must have caused, after the runtime lost its queues, and changes nothing by it", async () => {
  const sku = await stockedSku(5);
  const snapshot = snapshotOf([line(sku, 1)]);
  const order = env.ORDER.getByName(snapshot.orderId);
  expect(await order.resend()).toBe(false);
  await order.place(snapshot);
  expect(await order.resend()).toBe(true);
  await order.apply(capture(snapshot));
  await order.apply(capture(snapshot, "pi_2"));
  await settle(snapshot);
  const before = await order.audit();
  expect(await order.resend()).toBe(true);
  await settle(snapshot);
  expect(await order.audit()).toEqual(before);
});

it("does not forget a refund whose charge it has not heard of yet: it asks, and the refund comes again", async () => {
  const sku = await stockedSku(5);
  const snapshot = snapshotOf([line(sku, 1)]);
  const order = env.ORDER.getByName(snapshot.orderId);
  await order.place(snapshot);
  const refund: StampedPaymentFact = {
    type: "refunded",
    intent: "pi_1",
    refund: "re_1",
    amount: 1_000,
    currency: "USD",
    attempt: 0,
    at: 0,
  };
  expect(await order.apply(refund)).toEqual({ ok: false, reason: "too_early" });
  await order.apply(capture(snapshot));
  expect(await order.apply(refund)).toMatchObject({ ok: true, value: { applied: true, state: "refunded" } });
});

it("leaves nothing behind for an id that was never placed", async () => {
  const order = env.ORDER.getByName(newId("ord"));
  expect(await order.read()).toBeNull();
  expect(await order.apply({ type: "unknown", attempt: 1, at: 0 })).toEqual({ ok: false, reason: "unknown_order" });
  expect(await tablesOf(order)).toEqual([]);
});

it("reaches a final state with nothing lost when everything crashes between any two steps", async () => {
  const step = fc.constantFrom("place", "capture", "expire", "cancel", "work", "crash");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 15 }), async (steps) => {
      // Two that are scarce and are taken in turn, and two of which there is plenty.
      const [a, b] = [await stockedSku(3), await stockedSku(2)];
      const [c, d] = [await stockedSku(100), await stockedSku(100)];
      const snapshot = snapshotOf([line(a, 2), line(b, 1), line(c, 2), line(d, 1)]);
      const order = () => env.ORDER.getByName(snapshot.orderId);
      await order().place(snapshot);
      for (const name of steps) {
        const flight: Promise<unknown>[] = [];
        if (name === "place" || name === "crash") flight.push(order().place(snapshot));
        if (name === "capture" || name === "crash") flight.push(order().apply(capture(snapshot)));
        if (name === "cancel") flight.push(order().cancel({ by: "shopper" }));
        if (name === "expire" || name === "work") flight.push(runDueWork(order()));
        const landed = Promise.allSettled(flight);
        if (name === "crash") await abortAllDurableObjects();
        await landed;
      }
      await settle(snapshot);
      // What the last alarm or event started, a claim or the renewal of the hold, may still be on its way to the stock.
      const left = async () => (await workOf(order())).filter((kind) => kind !== "expire");
      await vi.waitFor(async () => expect(await left()).toEqual([]), { timeout: 10_000 });
      const audit = await order().audit();
      const sold = audit?.order.state === "paid" ? { a: 2, b: 1 } : { a: 0, b: 0 };
      const held = audit?.order.stock === "reserved" ? { a: 2, b: 1 } : { a: 0, b: 0 };
      expect(await levelOf(a)).toMatchObject({ sold: sold.a, reserved: held.a, received: 3 });
      expect(await levelOf(b)).toMatchObject({ sold: sold.b, reserved: held.b, received: 2 });
      expect(await levelOf(c)).toMatchObject({ sold: sold.a, reserved: held.a, received: 100 });
      expect(await levelOf(d)).toMatchObject({ sold: sold.b, reserved: held.b, received: 100 });
      expect(audit?.ledger.filter((entry) => entry.kind === "capture").length).toBeLessThanOrEqual(1);
    }),
    { numRuns: 20 },
  );
}, 120_000);
