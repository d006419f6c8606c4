import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { env, levelOf, line, newId, snapshotOf, stockedSku } from "../support/objects.ts";

/**
 * Has every transaction of an object fail that puts a row of work, at its end: what it wrote before is taken back. Answers how to let them through again.
 * A trigger and not a table that is missing, so that the statements are the ones that were compiled.
 */
async function failing(stub: unknown): Promise<() => Promise<void>> {
  // SAFETY: only the storage is touched, whatever the class.
  const object = stub as DurableObjectStub;
  const run = (statement: string) =>
    runInDurableObject(object, (_instance, { storage }) => void storage.sql.exec(statement));
  await run("CREATE TRIGGER full BEFORE INSERT ON work BEGIN SELECT RAISE(FAIL, 'storage is full'); END");
  return () => run("DROP TRIGGER full");
}

it("a cart whose change was rolled back is read as it was, and takes the change later", async () => {
  const id = newId("cart");
  const cart = env.CART.getByName(id);
  await cart.create({ id, currency: "USD" });
  const quote = { sku: "A", name: "A", unitPrice: 1_000, currency: "USD" };
  const added = { change: { type: "add_line", quote, quantity: 1 } } as const;
  const before = await cart.read();
  const mend = await failing(cart);
  await runInDurableObject(cart, (instance) => expect(() => instance.change(added)).toThrow("storage is full"));
  expect(await cart.read()).toEqual(before);
  await mend();
  await cart.change(added);
  expect(await cart.read()).toMatchObject({ version: 2, lines: [{ sku: "A", quantity: 1 }] });
});

it("a hold that was rolled back leaves its units to others", async () => {
  const sku = await stockedSku(1);
  const stock = env.STOCK.getByName(sku);
  const request = { sku, orderId: newId("ord"), quantity: 1, expiresAt: Date.now() + 600_000 };
  const mend = await failing(stock);
  await runInDurableObject(stock, (instance) => expect(() => instance.reserve(request)).toThrow("storage is full"));
  expect(await levelOf(sku)).toMatchObject({ reserved: 0 });
  await mend();
  expect(await stock.reserve({ ...request, orderId: newId("ord") })).toMatchObject({ ok: true });
  expect(await stock.reserve(request)).toMatchObject({ ok: false });
});

it("a capture that was rolled back is not in the ledger, and counts once when it is told again", async () => {
  const sku = await stockedSku(5);
  const snapshot = snapshotOf([line(sku, 2)]);
  const order = env.ORDER.getByName(snapshot.orderId);
  await order.place(snapshot);
  const { total: amount } = snapshot.totals;
  const captured = { type: "captured", intent: "pi_1", amount, currency: "USD", attempt: 1, at: Date.now() } as const;
  const mend = await failing(order);
  await runInDurableObject(order, (instance) => expect(() => instance.apply(captured)).toThrow("storage is full"));
  expect(await order.read()).toMatchObject({ state: "awaiting_payment", payment: { captured: 0 } });
  await mend();
  for (const isFirst of [true, false])
    expect(await order.apply(captured)).toMatchObject({ ok: true, value: { applied: isFirst, state: "paid" } });
  expect(await order.audit()).toMatchObject({ ledger: [{ ref: "pi_1", amount }] });
});
