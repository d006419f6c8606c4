import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { afterEach, expect, it, vi } from "vitest";
import { env, levelOf, newId, runDueWork, stockedSku } from "../support/objects.ts";

afterEach(() => void vi.useRealTimers());

const inTenMinutes = () => Date.now() + 600_000;

it("gives fifty units to exactly fifty of two hundred buyers at once", async () => {
  const sku = await stockedSku(50);
  const stock = env.STOCK.getByName(sku);
  const reserve = () => stock.reserve({ sku, orderId: newId("ord"), quantity: 1, expiresAt: inTenMinutes() });
  const replies = await Promise.all(Array.from({ length: 200 }, reserve));
  expect(replies.filter((reply) => reply.ok)).toHaveLength(50);
  expect(await levelOf(sku)).toMatchObject({ onHand: 50, reserved: 50 });
});

it("counts a keyed delivery once", async () => {
  const sku = await stockedSku(1);
  const stock = env.STOCK.getByName(sku);
  const command = { key: "seed", fingerprint: "f" };
  const first = await stock.adjust({ sku, delta: 5, reason: "delivery", command });
  expect(await stock.adjust({ sku, delta: 5, reason: "delivery", command })).toEqual({ ...first, replayed: true });
  expect(await levelOf(sku)).toMatchObject({ received: 6 });
});

it("counts a keyed delivery once or not at all, also after a thousand others that day", async () => {
  const sku = await stockedSku(1);
  const stock = env.STOCK.getByName(sku);
  const [hourAgo, dayAgo] = [Date.now() - 3_600_000, Date.now() - 86_400_000];
  await runInDurableObject(stock, (_stock, { storage }) => {
    for (let i = 0; i < 1_000; i++)
      storage.sql.exec("INSERT INTO inbox VALUES (?, 'f', '{}', ?)", `k-${i}`, hourAgo + 1_000 * i);
  });
  const delivery = { sku, delta: 5, reason: "delivery", command: { key: "late", fingerprint: "f" } };
  for (const reply of [await stock.adjust(delivery), await stock.adjust(delivery)]) {
    expect(reply).toMatchObject({ ok: false, reason: "idempotency_full", limit: 1_000, replayed: false });
    // The oldest was stored an hour ago.
    const seconds = !reply.ok && reply.reason === "idempotency_full" ? reply.retryAfterSeconds : 0;
    expect(Math.abs(seconds - 23 * 3_600)).toBeLessThan(60);
  }
  expect(await levelOf(sku)).toMatchObject({ received: 1 });
  // One of them lapses, and there is room for one.
  await runInDurableObject(stock, (_stock, { storage }) => {
    storage.sql.exec("UPDATE inbox SET at = ? WHERE key = 'k-0'", dayAgo - 1_000);
  });
  expect(await stock.adjust(delivery)).toMatchObject({ ok: true, replayed: false });
  expect(await stock.adjust(delivery)).toMatchObject({ ok: true, replayed: true });
  expect(await levelOf(sku)).toMatchObject({ received: 6 });
});

it("pitfall 15: releases 1,200 expired holds, and only those", async () => {
  const sku = await stockedSku(2_000);
  const stock = env.STOCK.getByName(sku);
  await runInDurableObject(stock, async (instance) => {
    for (let i = 0; i < 1_200; i++)
      instance.reserve({ sku, orderId: `ord_${i}`, quantity: 1, expiresAt: inTenMinutes() });
    instance.reserve({ sku, orderId: "ord_later", quantity: 7, expiresAt: Date.now() + 7_200_000 });
    instance.claim({ sku, orderId: "ord_0", quantity: 1 });
  });
  vi.setSystemTime(Date.now() + 3_600_000);
  for (let i = 0; i < 4; i++) await runDueWork(stock);
  expect(await levelOf(sku)).toMatchObject({ reserved: 7, sold: 1, onHand: 1_999 });
});

it("pitfall 1: sells one unit to one of two orders, however often holds are released and swept", async () => {
  const sku = await stockedSku(1);
  const stock = env.STOCK.getByName(sku);
  expect(await stock.reserve({ sku, orderId: "ord_a", quantity: 1, expiresAt: inTenMinutes() })).toMatchObject({
    ok: true,
  });
  await stock.release({ sku, orderId: "ord_b" });
  await runDueWork(stock);
  expect(await stock.reserve({ sku, orderId: "ord_b", quantity: 1, expiresAt: inTenMinutes() })).toMatchObject({
    reason: "sold_out",
  });
  await stock.claim({ sku, orderId: "ord_a", quantity: 1 });
  await stock.release({ sku, orderId: "ord_a" });
  expect(await levelOf(sku)).toMatchObject({ onHand: 0, sold: 1, reserved: 0 });
});

it("holds its invariant against a model under random commands, evictions and crashes", async () => {
  const kind = fc.constantFrom("reserve", "release", "claim", "restock", "evict", "abort", "alarm");
  const command = fc.record({
    kind,
    order: fc.constantFrom("o1", "o2", "o3", "o4"),
    quantity: fc.integer({ min: 1, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 25 }), async (commands) => {
      const sku = await stockedSku(5);
      const model = new Map<string, { quantity: number; claimed: boolean }>();
      const units = (claimed: boolean) =>
        [...model.values()].filter((one) => one.claimed === claimed).reduce((sum, one) => sum + one.quantity, 0);
      for (const { kind, order: orderId, quantity } of commands) {
        const stock = env.STOCK.getByName(sku);
        const mine = model.get(orderId);
        const free = 5 - units(true) - units(false);
        switch (kind) {
          case "reserve": {
            const reply = await stock.reserve({ sku, orderId, quantity, expiresAt: inTenMinutes() });
            expect(reply.ok).toBe(mine !== undefined || free >= quantity);
            if (reply.ok && !mine) model.set(orderId, { quantity, claimed: false });
            break;
          }
          case "claim": {
            const reply = await stock.claim({ sku, orderId, quantity });
            expect(reply.ok).toBe(mine !== undefined || free >= quantity);
            if (reply.ok) model.set(orderId, { quantity: mine?.quantity ?? quantity, claimed: true });
            break;
          }
          case "release":
            await stock.release({ sku, orderId });
            if (mine?.claimed === false) model.delete(orderId);
            break;
          case "restock":
            await stock.restock({ sku, orderId });
            model.delete(orderId);
            break;
          case "evict":
            await stock.level(sku);
            await evictDurableObject(stock);
            break;
          case "abort":
            await abortAllDurableObjects();
            break;
          case "alarm":
            await runDueWork(stock);
            break;
          default:
            throw new Error(kind satisfies never);
        }
      }
      expect(await levelOf(sku)).toMatchObject({
        received: 5,
        sold: units(true),
        onHand: 5 - units(true),
        reserved: units(false),
      });
    }),
    { numRuns: 25 },
  );
}, 60_000);

it("tells that a SKU is low once per crossing, with the change that crossed", async () => {
  const sku = await stockedSku(5);
  const stock = env.STOCK.getByName(sku);
  await runInDurableObject(stock, (_stock, { storage }) => {
    storage.sql.exec("CREATE TABLE told (payload TEXT)");
    storage.sql.exec(
      "CREATE TRIGGER note AFTER INSERT ON work WHEN new.kind = 'send:notifications' BEGIN INSERT INTO told VALUES (new.payload); END",
    );
  });
  const told = () =>
    runInDurableObject(stock, (_stock, { storage }) =>
      storage.sql
        .exec<{ payload: string }>("SELECT payload FROM told")
        .toArray()
        .map(({ payload }) => JSON.parse(payload) as { available: number; threshold: number }),
    );
  const adjust = (delta: number) => stock.adjust({ sku, delta, reason: "test" });
  // 5 from the start crossed nothing; 12 is above the threshold and below the clear level.
  await adjust(7);
  await adjust(-5);
  expect(await told()).toEqual([]);
  await adjust(13);
  for (const orderId of ["ord_1", "ord_2", "ord_3"]) {
    await stock.reserve({ sku, orderId, quantity: 4, expiresAt: inTenMinutes() });
  }
  expect(await told()).toMatchObject([{ available: 8, threshold: 10 }]);
  // Back over the threshold and under it again is not news, nor is a crash in between.
  await stock.release({ sku, orderId: "ord_3" });
  await abortAllDurableObjects();
  await stockOf(sku).reserve({ sku, orderId: "ord_4", quantity: 4, expiresAt: inTenMinutes() });
  expect(await levelOf(sku)).toMatchObject({ onHand: 20, reserved: 12 });
  await stockOf(sku).release({ sku, orderId: "ord_4" });
  await stockOf(sku).release({ sku, orderId: "ord_1" });
  await stockOf(sku).release({ sku, orderId: "ord_2" });
  await stockOf(sku).reserve({ sku, orderId: "ord_5", quantity: 20, expiresAt: inTenMinutes() });
  const rows = await runInDurableObject(stockOf(sku), (_stock, { storage }) =>
    storage.sql.exec("SELECT 1 FROM told").toArray(),
  );
  expect(rows).toHaveLength(2);
});

const stockOf = (sku: string) => env.STOCK.getByName(sku);
