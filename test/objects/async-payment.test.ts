import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, it, vi } from "vitest";
import type { PspIntent } from "../../scripts/audit/snapshot.ts";
import { DURATION_MS } from "../../src/domain/limits.ts";
import type { OrderSnapshot, StampedPaymentFact } from "../../src/domain/order-record.ts";
import { env, levelOf, line, newId, snapshotOf, stockedSku } from "../support/objects.ts";
import { wrongsOf } from "../support/objects-audit.ts";

/**
 * Goal: a bank debit that takes days is neither given up nor taken for paid. Threats: the timer of 15 minutes expires the order, the hold on
 * the stock lapses and the unit is sold twice, or the order waits for ever. The days are simulated: the clock stands at each alarm's own time
 * when that alarm is run, so every timer of two days really fires.
 */
const DAY_MS = 86_400_000;
const EXPIRY_MS = Number(env.ORDER_EXPIRY_MS);
const INTENT = "pi_debit";

afterEach(() => void vi.useRealTimers());

type Stub = DurableObjectStub;

const alarmOf = (stub: Stub): Promise<number | null> =>
  runInDurableObject(stub, (_object, state) => state.storage.getAlarm());

/** Rows that should be gone or moved on by now. */
const dueIn = (stub: Stub): Promise<number> =>
  runInDurableObject(
    stub,
    (_object, state) =>
      state.storage.sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM work WHERE due_at <= ?", Date.now()).one().n,
  );

/** Runs the alarms of these objects in their order, each at its own time, up to `until` (UTC ms). Answers how many there were. */
async function passTime(stubs: readonly Stub[], until: number, between: () => Promise<void>): Promise<number> {
  for (let ran = 0; ; ran++) {
    const times = await Promise.all(stubs.map(async (stub) => ({ stub, at: (await alarmOf(stub)) ?? Infinity })));
    const next = times.toSorted((a, b) => a.at - b.at)[0];
    if (!next || next.at > until) {
      vi.setSystemTime(until);
      return ran;
    }
    vi.setSystemTime(Math.max(next.at, Date.now()));
    await runDurableObjectAlarm(next.stub);
    // What the alarm started goes on after it, e.g. the renewal of a hold.
    await vi.waitFor(async () => expect(await dueIn(next.stub)).toBe(0), { timeout: 5_000 });
    await between();
  }
}

const fact = (told: object): StampedPaymentFact =>
  // SAFETY: each call below gives the rest of one kind of fact.
  ({ intent: INTENT, attempt: 1, at: Date.now(), ...told }) as StampedPaymentFact;

const intentOf = ({ orderId, totals }: OrderSnapshot, status: string, received: number = 0): PspIntent => ({
  id: INTENT,
  status,
  amount: totals.total,
  received,
  refunded: 0,
  currency: "usd",
  orderId,
});

/** An order of the last unit of its SKU, whose debit has been with the bank for two days. */
async function afterTwoDays() {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  const sku = await stockedSku(1);
  const snapshot = snapshotOf([line(sku, 1)]);
  const order = env.ORDER.getByName(snapshot.orderId);
  await order.place(snapshot);
  await order.apply(fact({ type: "processing" }));
  const stubs = [order as unknown as Stub, env.STOCK.getByName(sku) as unknown as Stub];
  const started = Date.now();
  let lookedAt = 0;
  const look = async (): Promise<void> => {
    lookedAt++;
    expect(await order.read()).toMatchObject({ state: "awaiting_payment", payment: { status: "processing" } });
    const rival = { sku, orderId: newId("ord"), quantity: 1, expiresAt: Date.now() + EXPIRY_MS };
    expect(await env.STOCK.getByName(sku).reserve(rival)).toMatchObject({ reason: "sold_out" });
    expect(await wrongsOf(snapshot.orderId, sku, intentOf(snapshot, "processing"))).toEqual([]);
  };
  await passTime(stubs, started + 2 * DAY_MS, look);
  // The order's own timer alone goes off every 15 minutes.
  expect(lookedAt).toBeGreaterThanOrEqual((2 * DAY_MS) / EXPIRY_MS - 1);
  const settle = async (): Promise<void> => void (await passTime(stubs, Date.now() + EXPIRY_MS, async () => {}));
  return { sku, snapshot, order, stubs, started, settle };
}

it("a debit that succeeds after two days is paid and gets its goods; until then nothing expires and the books agree", async () => {
  const { sku, snapshot, order, settle } = await afterTwoDays();
  const { total } = snapshot.totals;
  expect(await order.apply(fact({ type: "captured", amount: total, currency: "USD" }))).toMatchObject({
    ok: true,
    value: { applied: true, state: "paid" },
  });
  await settle();
  expect(await order.read()).toMatchObject({ state: "paid", stock: "claimed" });
  expect(await levelOf(sku)).toMatchObject({ sold: 1, reserved: 0, onHand: 0 });
  expect(await wrongsOf(snapshot.orderId, sku, intentOf(snapshot, "succeeded", total))).toEqual([]);
});

it("a debit that fails after two days ends the order and frees its unit, and no charge is left", async () => {
  const { sku, snapshot, order, settle } = await afterTwoDays();
  const error = { code: "payment_intent_payment_attempt_failed", message: "The account has no such funds." };
  expect(await order.apply(fact({ type: "declined", error }))).toMatchObject({
    ok: true,
    value: { applied: true, state: "payment_failed" },
  });
  await settle();
  expect(await order.read()).toMatchObject({ state: "payment_failed", stock: "released" });
  expect(await levelOf(sku)).toMatchObject({ sold: 0, reserved: 0, onHand: 1 });
  expect(await wrongsOf(snapshot.orderId, sku, intentOf(snapshot, "requires_payment_method"))).toEqual([]);
});

it("a debit that nobody hears of again does not hold its stock for ever", async () => {
  const { sku, snapshot, order, started, settle } = await afterTwoDays();
  vi.setSystemTime(started + DURATION_MS.asyncPaymentMax + DAY_MS);
  await settle();
  expect(await order.read()).toMatchObject({ state: "expired", stock: "released" });
  expect(await levelOf(sku)).toMatchObject({ sold: 0, reserved: 0 });
  expect(await wrongsOf(snapshot.orderId, sku, intentOf(snapshot, "canceled"))).toEqual([]);
});
