import { runInDurableObject } from "cloudflare:test";
import { expect, it, vi } from "vitest";
import type { PspIntent } from "../../scripts/audit/snapshot.ts";
import type { Order } from "../../durable-objects/order/order.ts";
import type { OrderSnapshot, StampedPaymentFact } from "../../src/domain/order-record.ts";
import { env, levelOf, line, runDueWork, snapshotOf, stockedSku, workOf } from "../support/objects.ts";
import { wrongsOf } from "../support/objects-audit.ts";

/**
 * Goal: when money goes back, the books agree afterwards: order, ledger, stock and provider. Threats: a claim that is under way takes the goods of an
 * order that is refunded meanwhile, and a refund that did not last is counted for ever.
 */
const INTENT = "pi_1";

const fact = (told: object): StampedPaymentFact =>
  // SAFETY: each call below gives the rest of one kind of fact.
  ({ intent: INTENT, attempt: 0, at: Date.now(), currency: "USD", ...told }) as StampedPaymentFact;
const captured = ({ totals }: OrderSnapshot, intent = INTENT) =>
  fact({ type: "captured", intent, amount: totals.total });
const refunded = (refund: string, amount: number, intent = INTENT) =>
  fact({ type: "refunded", refund, intent, amount });

const intentOf = ({ orderId, totals }: OrderSnapshot, back: number): PspIntent => ({
  id: INTENT,
  status: "succeeded",
  amount: totals.total,
  received: totals.total,
  refunded: back,
  currency: "usd",
  orderId,
});

const place = async (snapshot: OrderSnapshot) => {
  const order = env.ORDER.getByName(snapshot.orderId);
  await order.place(snapshot);
  return order;
};

/** What an order writes to be sent when it takes in a fact, by queue. */
const toldBy = (order: DurableObjectStub<Order>, told: StampedPaymentFact) =>
  runInDurableObject(order, (instance, { storage }) => {
    storage.sql.exec("DELETE FROM work WHERE kind LIKE 'send:%'");
    instance.apply(told);
    const rows = storage.sql.exec<{ kind: string; payload: string }>("SELECT kind, payload FROM work").toArray();
    return rows.filter(({ kind }) => kind === "send:events" || kind === "send:notifications");
  });

const isQuiet = async (order: unknown): Promise<void> =>
  vi.waitFor(async () => expect((await workOf(order)).filter((kind) => kind !== "expire")).toEqual([]), {
    timeout: 10_000,
  });

it.each([
  { when: "before the claim begins", late: false, ticks: 0, scarce: 5 },
  { when: "while the claim is under way", late: false, ticks: 20, scarce: 5 },
  { when: "before the claim of a late payment begins", late: true, ticks: 0, scarce: 5 },
  { when: "while the claim of a late payment is under way", late: true, ticks: 20, scarce: 5 },
  { when: "while the claim of a late payment finds one SKU gone", late: true, ticks: 20, scarce: 0 },
])("a full refund $when gives all units back", async ({ late, ticks, scarce }) => {
  // Claimed in this order.
  const [a = "", b = ""] = [await stockedSku(5), await stockedSku(5)].toSorted();
  const snapshot = snapshotOf([line(a, 2), line(b, 1)], { kind: "client" });
  const { total } = snapshot.totals;
  const order = await place(snapshot);
  if (late) {
    await order.apply(fact({ type: "intent_created", clientSecret: "s", attempt: 1 }));
    for (let i = 0; i < 3; i++) await runDueWork(order);
    expect(await order.read()).toMatchObject({ state: "expired" });
    if (scarce === 0) await env.STOCK.getByName(b).adjust({ sku: b, delta: -5, reason: "shrinkage" });
  }
  await runInDurableObject(order, async (instance) => {
    instance.apply(captured(snapshot));
    for (let i = 0; i < ticks; i++) await Promise.resolve();
    instance.apply(refunded("re_1", total));
  });
  await isQuiet(order);
  expect(await order.read()).toMatchObject({ state: "refunded", stock: "released" });
  expect(await levelOf(a)).toMatchObject({ sold: 0, reserved: 0, onHand: 5 });
  expect(await levelOf(b)).toMatchObject({ sold: 0, reserved: 0, onHand: scarce });
  expect(await wrongsOf(snapshot.orderId, a, intentOf(snapshot, total))).toEqual([]);
});

it("a second charge that goes back after the order was sent is taken off the figures, and nobody else is told", async () => {
  const sku = await stockedSku(5);
  const snapshot = snapshotOf([line(sku, 2)]);
  const { total } = snapshot.totals;
  const order = await place(snapshot);
  await order.apply(captured(snapshot));
  await order.apply(captured(snapshot, "pi_2"));
  await order.fulfil({});
  const told = await toldBy(order, refunded("re_2", total, "pi_2"));
  expect(told.map(({ kind }) => kind)).toEqual(["send:events"]);
  const fact = { type: "order.refunded", status: "fulfilled", captured: 2 * total, refunded: total };
  expect(JSON.parse(told[0]?.payload ?? "")).toMatchObject(fact);
});

it("the refund of a canceled order that failed is asked for again by resend, as another one", async () => {
  const sku = await stockedSku(5);
  const snapshot = snapshotOf([line(sku, 2)], { kind: "client" });
  const { total } = snapshot.totals;
  const order = await place(snapshot);
  await order.cancel({ command: { key: "c", fingerprint: "f" }, by: "shopper" });
  const asked = (work: (instance: Order) => unknown) =>
    runInDurableObject(order, (instance, { storage }) => {
      storage.sql.exec("DELETE FROM work WHERE kind = 'send:payments'");
      work(instance);
      const sent = storage.sql.exec<{ payload: string }>("SELECT payload FROM work WHERE kind = 'send:payments'");
      // SAFETY: every message has an id.
      return sent.toArray().map(({ payload }) => (JSON.parse(payload) as { id: string }).id);
    });
  const first = `refund:${INTENT}:${total}`;
  expect(await asked((instance) => instance.apply(captured(snapshot)))).toEqual([first]);
  expect(await asked((instance) => instance.resend())).toEqual([first]);
  await order.apply(fact({ type: "refund_failed", refund: "re_1" }));
  expect(await asked((instance) => instance.resend())).toEqual([`${first}:1`]);
  await order.apply(fact({ type: "refund_failed", refund: "re_2" }));
  expect(await asked((instance) => instance.resend())).toEqual([`${first}:2`]);
  await order.apply(refunded("re_3", total));
  expect(await asked((instance) => instance.resend())).toEqual([]);
  expect(await wrongsOf(snapshot.orderId, sku, intentOf(snapshot, total))).toEqual([]);
});

it("a full refund that comes back days later is in no sum any more, is given back again, and then the books agree", async () => {
  const sku = await stockedSku(5);
  const snapshot = snapshotOf([line(sku, 2)]);
  const { total } = snapshot.totals;
  const order = await place(snapshot);
  await order.apply(captured(snapshot));
  await isQuiet(order);
  await order.apply(refunded("re_1", total));
  const failure = fact({ type: "refund_failed", refund: "re_1" });
  const told = await toldBy(order, failure);
  expect(told.map(({ kind }) => kind)).toEqual(["send:events"]);
  expect(JSON.parse(told[0]?.payload ?? "")).toMatchObject({ type: "order.refunded", captured: total, refunded: 0 });
  for (const late of [failure, refunded("re_1", total)])
    expect(await order.apply(late)).toMatchObject({ ok: true, value: { applied: false, state: "refunded" } });
  expect(await order.read()).toMatchObject({ payment: { refunded: 0, review: expect.stringContaining("re_1") } });
  const keeps = `${snapshot.orderId}: refunded, keeps ${total} of ${total}`;
  expect(await wrongsOf(snapshot.orderId, sku, intentOf(snapshot, 0))).toEqual([keeps]);

  const again = await order.refund({ command: { key: "k", fingerprint: "f" }, reason: "again" });
  expect(again).toMatchObject({ ok: true, value: { payment: { requests: [{ id: "r1", amount: total }] } } });
  await order.apply(fact({ type: "refunded", refund: "re_2", amount: total, request: "r1" }));
  expect((await order.audit())?.ledger.map(({ ref, amount }) => [ref, amount])).toEqual(
    expect.arrayContaining([
      ["re_1", 0],
      ["re_2", total],
    ]),
  );
  expect(await wrongsOf(snapshot.orderId, sku, intentOf(snapshot, total))).toEqual([]);
});
