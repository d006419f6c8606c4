import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, it, vi, afterEach } from "vitest";
import { env, levelOf, newId, runDueWork, stockedSku, tablesOf, workOf } from "../support/objects.ts";

afterEach(() => void vi.useRealTimers());

const quote = (sku: string, unitPrice = 1_000) => ({ sku, name: sku, unitPrice, currency: "USD" });

async function cartWith(sku: string, quantity: number) {
  const id = newId("cart");
  const cart = env.CART.getByName(id);
  await cart.create({ id, currency: "USD" });
  await cart.change({ change: { type: "add_line", quote: quote(sku), quantity } });
  return { id, cart };
}

async function checkoutOf(cart: ReturnType<typeof env.CART.getByName>, sku: string, key: string) {
  const state = await cart.read();
  if (!state) throw new Error("no cart");
  const total = state.lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0);
  return cart.checkout({
    command: { key, fingerprint: "same" },
    orderId: newId("ord"),
    quotes: [quote(sku)],
    pricedVersion: state.version,
    totals: { subtotal: total, discount: 0, shipping: 0, tax: 0, total },
    method: { kind: "payment_method", id: "pm_card_visa" },
  });
}

it("pitfall 11: counts a hundred concurrent adds to one cart, and loses none", async () => {
  const { id, cart } = await cartWith("A", 1);
  const add = () => cart.change({ change: { type: "add_line", quote: quote("A"), quantity: 1 } });
  const replies = await Promise.all(Array.from({ length: 100 }, add));
  expect(replies.every((reply) => reply.ok)).toBe(true);
  await abortAllDurableObjects();
  expect((await env.CART.getByName(id).read())?.lines).toMatchObject([{ sku: "A", quantity: 101 }]);
});

it("answers a keyed change twice with the same reply, and refuses the key for another request", async () => {
  const { cart } = await cartWith("A", 1);
  const change = { type: "add_line", quote: quote("A"), quantity: 1 } as const;
  const first = await cart.change({ change, command: { key: "k", fingerprint: "f" } });
  await evictDurableObject(cart);
  const again = await cart.change({ change, command: { key: "k", fingerprint: "f" } });
  expect(again).toEqual({ ...first, replayed: true });
  expect(await cart.change({ change, command: { key: "k", fingerprint: "g" } })).toMatchObject({
    reason: "idempotency_conflict",
  });
  expect((await cart.read())?.lines[0]?.quantity).toBe(2);
});

it("a mirrored change is for a dry copy: at a shopper's own cart it finds nothing, open or handed over", async () => {
  const change = { type: "add_line", quote: quote("A"), quantity: 1 } as const;
  const { cart } = await cartWith("A", 1);
  const before = await cart.read();
  expect(await cart.change({ change, dry: true })).toMatchObject({ ok: false, reason: "unknown_cart" });
  expect(await cart.read()).toEqual(before);
  await cart.beginHandOver();
  expect(await cart.change({ change, dry: true })).toMatchObject({ ok: false, reason: "unknown_cart" });
  const copy = newId("cart");
  await env.CART.getByName(copy).create({ id: copy, currency: "USD", dry: true });
  expect(await env.CART.getByName(copy).change({ change, dry: true })).toMatchObject({ ok: true });
});

it("leaves nothing behind for an id that nobody created", async () => {
  const cart = env.CART.getByName(newId("cart"));
  expect(await cart.read()).toBeNull();
  expect(await cart.change({ change: { type: "remove_line", sku: "A" } })).toMatchObject({ reason: "unknown_cart" });
  expect(await tablesOf(cart)).toEqual([]);
});

it("is created anew under its id by the very instance that deleted it: empty, with its timer, and with no reply of before", async () => {
  const id = newId("cart");
  const cart = env.CART.getByName(id);
  const command = { key: "k", fingerprint: "f" };
  const instances = new Set<unknown>();
  const alarm = () =>
    runInDurableObject(cart, (instance, { storage }) => {
      instances.add(instance);
      return storage.getAlarm();
    });
  await cart.create({ id, currency: "USD", command });
  for (const days of [31, 62]) {
    await cart.change({ change: { type: "add_line", quote: quote("A"), quantity: 2 } });
    await alarm();
    vi.setSystemTime(Date.now() + days * 24 * 3_600_000);
    await runDueWork(cart);
    expect(await cart.read()).toBeNull();
    expect([await tablesOf(cart), await alarm()]).toEqual([[], null]);
    const again = await cart.create({ id, currency: "EUR", command });
    expect(again).toMatchObject({ ok: true, replayed: false, value: { currency: "EUR", lines: [], version: 1 } });
    expect(await workOf(cart)).toEqual(["idle"]);
    expect(await alarm()).toBeGreaterThan(Date.now());
  }
  expect(instances.size).toBe(1);
  await evictDurableObject(cart);
  expect(await cart.read()).toMatchObject({ id, currency: "EUR", lines: [] });
});

it("makes one order of twenty identical checkouts at once, and answers all of them alike", async () => {
  const sku = await stockedSku(50);
  const { cart } = await cartWith(sku, 2);
  const replies = await Promise.all(Array.from({ length: 20 }, () => checkoutOf(cart, sku, "one-key")));
  const orders = replies.map((reply) => (reply.ok ? reply.value : reply.reason));
  expect(new Set(orders.map((order) => JSON.stringify(order))).size).toBe(1);
  expect(orders[0]).toMatchObject({ state: "awaiting_payment" });
  expect(await levelOf(sku)).toMatchObject({ reserved: 2 });
  expect(await cart.read()).toMatchObject({ status: "ordered" });
});

it("opens again with the shortage when the stock does not suffice, and remembers that under the key", async () => {
  const sku = await stockedSku(1);
  const { cart } = await cartWith(sku, 2);
  const reply = await checkoutOf(cart, sku, "k1");
  expect(reply).toMatchObject({ reason: "out_of_stock", shortages: [{ sku, requested: 2, available: 1 }] });
  expect(await checkoutOf(cart, sku, "k1")).toMatchObject({ reason: "out_of_stock", replayed: true });
  expect(await cart.read()).toMatchObject({ status: "open" });
  expect(await levelOf(sku)).toMatchObject({ reserved: 0 });
});

it("remembers replies for a day, and is not full for ever of older ones", async () => {
  const { id, cart } = await cartWith("A", 1);
  await runInDurableObject(cart, (_cart, { storage }) => {
    const old = Date.now() - 3 * 24 * 3_600_000;
    for (let i = 0; i < 1_000; i++) storage.sql.exec("INSERT INTO inbox VALUES (?, 'f', '{}', ?)", `old-${i}`, old);
  });
  const change = { type: "add_line", quote: quote("A"), quantity: 1 } as const;
  const reply = await env.CART.getByName(id).change({ change, command: { key: "new", fingerprint: "f" } });
  expect(reply).toMatchObject({ ok: true });
});

it("starts no second checkout while the first one's order has not answered, even when it was given up meanwhile", async () => {
  const sku = await stockedSku(10);
  const { id, cart } = await cartWith(sku, 1);
  // The first checkout as a crash leaves it: locked, its row of work there, its order given up and the cart open again.
  const orderId = newId("ord");
  const command = { key: "first", fingerprint: "f" };
  await runInDurableObject(cart, (_cart, { storage }) => {
    const snapshot = {
      orderId,
      cartId: id,
      currency: "USD",
      lines: [{ sku, name: sku, quantity: 1, unitPrice: 1_000 }],
      totals: { subtotal: 1_000, discount: 0, shipping: 0, tax: 0, total: 1_000 },
      method: { kind: "client" },
    };
    storage.sql.exec(
      "INSERT INTO work VALUES ('place', 'place', ?, ?, 0)",
      JSON.stringify({ command, snapshot }),
      Date.now() + 60_000,
    );
  });
  expect(await checkoutOf(cart, sku, "second")).toMatchObject({ ok: false, reason: "cart_in_checkout", orderId });
  await runDueWork(cart);
  const second = await checkoutOf(cart, sku, "second");
  expect(second).toMatchObject({ ok: true });
  expect(second.ok && second.value.id).not.toBe(orderId);
});

it("finishes a checkout that was cut off by a crash, without a second order", async () => {
  const sku = await stockedSku(10);
  const { id, cart: doomed } = await cartWith(sku, 3);
  const cutOff = checkoutOf(doomed, sku, "k").catch(() => "crashed");
  await abortAllDurableObjects();
  await cutOff;
  // A stub does not survive the crash of its object.
  const cart = env.CART.getByName(id);
  for (let i = 0; i < 3; i++) if ((await workOf(cart)).includes("place")) await runDueWork(cart);
  const state = await cart.read();
  // Either the crash came before the lock and nothing happened, or the one order exists and holds its stock.
  expect(state?.status).toMatch(/^(open|ordered)$/);
  expect((await levelOf(sku)).reserved).toBe(state?.status === "ordered" ? 3 : 0);
  const reply = await checkoutOf(cart, sku, "k");
  expect(reply).toMatchObject({ ok: true });
  expect(await levelOf(sku)).toMatchObject({ reserved: 3 });
});

it("reports a cart as abandoned once, after half an hour without a change", async () => {
  const { cart } = await cartWith("A", 1);
  await runDueWork(cart);
  expect(await cart.read()).toMatchObject({ status: "open" });
  vi.setSystemTime(Date.now() + 31 * 60_000);
  await runDueWork(cart);
  const abandoned = await cart.read();
  expect(abandoned).toMatchObject({ status: "abandoned" });
  await runDueWork(cart);
  expect(await cart.read()).toEqual(abandoned);
  const reply = await cart.change({ change: { type: "add_line", quote: quote("A"), quantity: 1 } });
  expect(reply).toMatchObject({ ok: true, value: { status: "open" } });
});

it("deletes itself thirty days after its last change", async () => {
  const { cart } = await cartWith("A", 1);
  vi.setSystemTime(Date.now() + 31 * 24 * 3_600_000);
  await runDueWork(cart);
  expect(await cart.read()).toBeNull();
});
