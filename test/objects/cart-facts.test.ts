import { runInDurableObject } from "cloudflare:test";
import { expect, it, vi } from "vitest";
import { Cart } from "../../durable-objects/cart/cart.ts";
import type { CartChange } from "../../src/domain/cart.ts";
import { env, newId, workOf } from "../support/objects.ts";

/** Goal: what is put into a cart is told once per add, with its visitor. Threat: an add without its fact, or a fact for what was not added. */
const quote = { sku: "TIDE-1", name: "Tide", unitPrice: 1_000, currency: "USD" };
const add = (quantity: number): CartChange => ({ type: "add_line", quote, quantity });

/** A cart whose queue is written down, and can be made to refuse. */
function withCart(
  vars: Partial<ObjectsEnv>,
  test: (
    cart: Cart,
    told: { readonly id: string }[],
    queue: { works: boolean; refused: number },
    work: () => string[],
  ) => Promise<void>,
): Promise<void> {
  const id = newId("cart");
  return runInDurableObject(env.CART.getByName(id), async (_own, state) => {
    const told: { readonly id: string }[] = [];
    const queue = { works: true, refused: 0 };
    const producer = {
      sendBatch: async (messages: Iterable<{ body: { id: string } }>) => {
        if (!queue.works) {
          queue.refused += 1;
          throw new Error("Queue is overloaded. Please back off.");
        }
        for (const { body } of messages) told.push(body);
      },
    };
    // SAFETY: of the queues only this one is used.
    const bindings = { ...env, EVENTS_QUEUE: producer, ...vars } as unknown as ObjectsEnv;
    const cart = new Cart(state, bindings);
    await cart.create({ id, currency: "USD", visitorId: "anonymous-1" });
    const work = (): string[] =>
      state.storage.sql
        .exec<{ kind: string }>("SELECT kind FROM work")
        .toArray()
        .map(({ kind }) => kind);
    await test(cart, told, queue, work);
    await state.storage.deleteAlarm();
  });
}

it("tells each add once, under the version that it made, and neither what was refused nor what was taken out", () =>
  withCart({}, async (cart, told) => {
    await cart.change({ change: add(2) });
    const command = { key: "k", fingerprint: "f" };
    await cart.change({ change: add(1), command });
    await cart.change({ change: add(1), command });
    await cart.change({ change: add(1_000) });
    await cart.change({ change: { type: "remove_line", sku: "TIDE-1" } });
    await vi.waitFor(() => expect(told).toHaveLength(2));
    const fact = { v: 1, type: "cart.added", visitorId: "anonymous-1", sku: "TIDE-1" };
    expect(told).toMatchObject([
      { ...fact, id: expect.stringMatching(/^cart\.added:cart_.*:2$/), quantity: 2 },
      { ...fact, id: expect.stringMatching(/^cart\.added:cart_.*:3$/), quantity: 1 },
    ]);
  }));

it("keeps what the queue did not take, and tells it by the alarm", () =>
  withCart({}, async (cart, told, queue) => {
    queue.works = false;
    await cart.change({ change: add(1) });
    await vi.waitFor(() => expect(queue.refused).toBe(1));
    expect(told).toHaveLength(0);
    queue.works = true;
    vi.setSystemTime(Date.now() + 60_000);
    await cart.alarm();
    vi.useRealTimers();
    expect(told).toMatchObject([{ type: "cart.added", quantity: 1 }]);
  }));

it("adds of one moment share a message call", () =>
  withCart({}, async (cart, told, queue) => {
    queue.works = false;
    await Promise.all([
      cart.change({ change: add(1) }),
      cart.change({ change: add(2) }),
      cart.change({ change: add(3) }),
    ]);
    await vi.waitFor(() => expect(queue.refused).toBe(1));
    queue.works = true;
    vi.setSystemTime(Date.now() + 60_000);
    await cart.alarm();
    vi.useRealTimers();
    expect(new Set(told.map(({ id }) => id.split(":").at(-1)))).toEqual(new Set(["2", "3", "4"]));
  }));

it("a dry copy of a cart tells nobody anything", () =>
  withCart({}, async (cart, told) => {
    const dry = newId("cart");
    await env.CART.getByName(dry).create({ id: dry, currency: "USD", dry: true });
    expect(await env.CART.getByName(dry).change({ change: add(1) })).toMatchObject({ ok: true, value: { dry: true } });
    expect(await workOf(env.CART.getByName(dry))).toEqual(["idle"]);
    await cart.change({ change: add(1) });
    await vi.waitFor(() => expect(told).toHaveLength(1));
  }));

it("does not pay for telling what the shop counts by the browser's word", () =>
  withCart({ CART_FACTS: "client" }, async (cart, _told, _queue, work) => {
    await cart.change({ change: add(1) });
    expect(work()).toEqual(["idle"]);
  }));
