import { abortAllDurableObjects } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Fence } from "../../src/domain/guard/lease.ts";
import { FENCE_MS } from "../../src/domain/guard/lease.ts";
import { forgetFences } from "../../src/platform/fence.ts";
import { env, line, newId, runDueWork, snapshotOf, stockedSku, tablesOf } from "../support/objects.ts";

/**
 * Goal: what has been decided under an epoch that is over is not written, whoever believes in it. Threat: an isolate that never heard of the rollback,
 * and a checkout that was half way through when it came.
 */
beforeEach(() => forgetFences());
afterEach(() => void vi.useRealTimers());

let flags = 0;
/** A flag at 1 % whose epoch is 1. */
async function openFlag(): Promise<{ fence: Fence; kill: () => Promise<unknown> }> {
  const key = `path.${(flags += 1)}.${crypto.randomUUID().slice(0, 8)}`;
  const command = (type: "start" | "advance" | "kill") =>
    env.FLAG_COORDINATOR.getByName(key).command({ key, type, by: "anna", reason: "test", firstRung: 0 });
  await command("start");
  await command("advance");
  return { fence: { key, epoch: 1 }, kill: () => command("kill") };
}

const cartOf = (id: string) => env.CART.getByName(id);
const quote = (sku: string) => ({ sku, name: sku, unitPrice: 1_000, currency: "USD" });
const addLine = (sku: string) => ({ type: "add_line", quote: quote(sku), quantity: 1 }) as const;

async function filledCart(sku: string): Promise<string> {
  const id = newId("cart");
  await cartOf(id).create({ id, currency: "USD" });
  await cartOf(id).change({ change: addLine(sku) });
  return id;
}

const checkoutOf = (sku: string, key: string, rest: { fence?: Fence; orderId?: string } = {}) => ({
  command: { key, fingerprint: key },
  orderId: newId("ord"),
  quotes: [quote(sku)],
  pricedVersion: 2,
  totals: { subtotal: 1_000, discount: 0, shipping: 0, tax: 0, total: 1_000 },
  method: { kind: "payment_method", id: "pm" } as const,
  ...rest,
});

describe("the fence", () => {
  it("refuses to create, change and check out under an old epoch, and leaves nothing behind", async () => {
    const { fence, kill } = await openFlag();
    const sku = await stockedSku(5);
    const [id, other] = [await filledCart(sku), newId("cart")];
    expect(await cartOf(id).change({ change: addLine(sku), fence })).toMatchObject({ ok: true });
    await kill();
    vi.setSystemTime(Date.now() + FENCE_MS);
    expect(await cartOf(other).create({ id: other, currency: "USD", fence })).toMatchObject({ reason: "stale_epoch" });
    expect(await tablesOf(cartOf(other))).toEqual([]);
    expect(await cartOf(id).change({ change: addLine(sku), fence })).toMatchObject({ reason: "stale_epoch" });
    const checkout = { ...checkoutOf(sku, "k", { fence }), pricedVersion: 3 };
    expect(await cartOf(id).checkout(checkout)).toMatchObject({ reason: "stale_epoch" });
    expect(await cartOf(id).read()).toMatchObject({ status: "open", version: 3, lines: [{ quantity: 2 }] });
    expect(await env.ORDER.getByName(checkout.orderId).read()).toBeNull();
  });

  it("is at most five seconds behind, whatever the caller's lease says", async () => {
    const { fence, kill } = await openFlag();
    const sku = await stockedSku(5);
    const id = await filledCart(sku);
    await cartOf(id).change({ change: addLine(sku), fence });
    await kill();
    vi.setSystemTime(Date.now() + FENCE_MS - 500);
    expect(await cartOf(id).change({ change: addLine(sku), fence })).toMatchObject({ ok: true });
    vi.setSystemTime(Date.now() + 500);
    expect(await cartOf(id).change({ change: addLine(sku), fence })).toMatchObject({ reason: "stale_epoch" });
  });

  it("an epoch that is newer than what the object knows is looked up at once", async () => {
    const { fence, kill } = await openFlag();
    const sku = await stockedSku(5);
    const id = await filledCart(sku);
    await cartOf(id).change({ change: addLine(sku), fence });
    await kill();
    const { key } = fence;
    for (const type of ["rearm", "advance"] as const) {
      await env.FLAG_COORDINATOR.getByName(key).command({ key, type, by: "anna", reason: "test", firstRung: 0 });
    }
    expect(await cartOf(id).change({ change: addLine(sku), fence: { key, epoch: 3 } })).toMatchObject({ ok: true });
    expect(await cartOf(id).change({ change: addLine(sku), fence })).toMatchObject({ reason: "stale_epoch" });
  });

  it("answers a repeat of what was done before, and joins a checkout that had begun", async () => {
    const { fence, kill } = await openFlag();
    const sku = await stockedSku(5);
    const id = await filledCart(sku);
    const checkout = checkoutOf(sku, "bought", { fence });
    expect(await cartOf(id).checkout(checkout)).toMatchObject({ ok: true, value: { state: "awaiting_payment" } });
    await kill();
    forgetFences();
    expect(await cartOf(id).checkout(checkout)).toMatchObject({
      ok: true,
      replayed: true,
      value: { id: checkout.orderId },
    });
    expect(await cartOf(id).checkout(checkoutOf(sku, "again", { fence }))).toMatchObject({ reason: "cart_ordered" });
  });

  it("an order that does not exist yet is not placed any more; one that exists is finished", async () => {
    const { fence, kill } = await openFlag();
    const sku = await stockedSku(5);
    const [placed, late] = [snapshotOf([line(sku, 1)]), snapshotOf([line(sku, 1)])];
    expect(await env.ORDER.getByName(placed.orderId).placeFenced(placed, fence)).toMatchObject({ ok: true });
    await kill();
    forgetFences();
    expect(await env.ORDER.getByName(late.orderId).placeFenced(late, fence)).toEqual({
      ok: false,
      reason: "stale_epoch",
    });
    expect(await tablesOf(env.ORDER.getByName(late.orderId))).toEqual([]);
    expect(await env.ORDER.getByName(placed.orderId).placeFenced(placed, fence)).toMatchObject({ ok: true });
  });

  it("a checkout cut off before its order was placed gives the cart back when the path is closed by then, for the same key too", async () => {
    const { fence, kill } = await openFlag();
    const sku = await stockedSku(5);
    const id = await filledCart(sku);
    const checkout = checkoutOf(sku, "cut", { fence });
    const flight = cartOf(id)
      .checkout(checkout)
      .catch(() => undefined);
    await kill();
    await abortAllDurableObjects();
    await flight;
    forgetFences();
    await runDueWork(cartOf(id));
    const cart = await cartOf(id).read();
    const order = await env.ORDER.getByName(checkout.orderId).read();
    // Either it came through as a whole before the path was closed, or there is no trace of it.
    expect(cart?.status).toBe(order ? "ordered" : "open");
    if (!order) expect(await cartOf(id).checkout(checkout)).toMatchObject({ reason: "stale_epoch" });
  });
});

describe("handing a cart over", () => {
  it("closes it first, answers the same when it is asked again, and keeps the first name it got", async () => {
    const sku = await stockedSku(5);
    const id = await filledCart(sku);
    const begun = await cartOf(id).beginHandOver();
    expect(begun).toMatchObject({ ok: true, value: { lines: [{ sku, quantity: 1 }], handOver: {} } });
    expect(await cartOf(id).change({ change: addLine(sku) })).toMatchObject({ reason: "cart_moved" });
    await abortAllDurableObjects();
    expect(await cartOf(id).beginHandOver()).toEqual(begun);
    expect(await cartOf(id).finishHandOver("legacy_1")).toBe("legacy_1");
    expect(await cartOf(id).finishHandOver("legacy_2")).toBe("legacy_1");
    expect(await cartOf(id).change({ change: addLine(sku) })).toMatchObject({ reason: "cart_moved", to: "legacy_1" });
    expect(await cartOf(id).checkout(checkoutOf(sku, "k"))).toMatchObject({ reason: "cart_moved", to: "legacy_1" });
  });

  it("is refused once a checkout has begun: it is finished where it began", async () => {
    const sku = await stockedSku(5);
    const id = await filledCart(sku);
    await cartOf(id).checkout(checkoutOf(sku, "k"));
    expect(await cartOf(id).beginHandOver()).toMatchObject({ ok: false, reason: "cart_ordered" });
    expect(await cartOf(newId("cart")).beginHandOver()).toEqual({ ok: false, reason: "unknown_cart" });
  });

  it("a cart that was handed over, and a dry one, are nobody's abandoned cart", async () => {
    const sku = await stockedSku(5);
    const [moved, dry] = [await filledCart(sku), newId("cart")];
    await cartOf(moved).beginHandOver();
    await cartOf(dry).create({ id: dry, currency: "USD", dry: true });
    await cartOf(dry).change({ change: addLine(sku) });
    vi.setSystemTime(Date.now() + 3_600_000);
    for (const id of [moved, dry]) {
      await runDueWork(cartOf(id));
      expect(await cartOf(id).read()).toMatchObject({ status: "open" });
    }
  });
});
