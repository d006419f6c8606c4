import { Hono } from "hono";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Lease } from "../../src/domain/guard/lease.ts";
import type { C, StorefrontContext } from "../../src/storefront/context.ts";
import { type Mirrored, mirror } from "../../src/storefront/rollout/mirror.ts";

/**
 * Goal: in the shadow the two answers are compared where both worked on the same cart, and nowhere else. Threats: a healthy path that is held back, because
 * its copy has missed what the monolith's cart went through; a mirrored change that reaches a shopper's own cart.
 */
const OURS = "cart_01890000-0000-7000-8000-000000000001";
const LINE = { sku: "A-1", quantity: 1, unit_price: { amount: 2_000 } };
const cartOf = (id: string, quantity = 1) => ({
  id,
  lines: [{ ...LINE, quantity }],
  totals: { subtotal: { amount: 2_000 * quantity } },
});
const orderOf = (quantity = 1) => ({
  lines: [{ ...LINE, quantity }],
  totals: { total: { amount: 2_000 * quantity } },
});
const MOVED = { code: "cart_moved", moved_to: "lgc_7" };

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 27) }));
afterEach(() => void vi.useRealTimers());

let now = Date.UTC(2026, 10, 27);

/** The new path, scripted, and what `cart.write` is granted. Answers what the comparison said, and which carts the new path was asked for. */
async function mirrored(
  { path, answered, ...of }: Pick<Mirrored, "flag"> & Partial<Mirrored> & { path: string; answered: unknown },
  { status, body, carts = {} }: { status: number; body: unknown; carts?: Partial<Lease> },
) {
  // What an isolate was granted for one test has run out by the next.
  vi.setSystemTime((now += 3_600_000));
  const asked: string[] = [];
  const app = new Hono<StorefrontContext>().all("*", ({ req, env }) => {
    asked.push(`${req.method} ${req.path}`);
    expect(env).toMatchObject({ DRY_RUN: true, LEGACY_ORIGIN: "" });
    return Response.json(body, { status });
  });
  const lease = { key: "cart.write", state: "shadow", epoch: 1, share: 0, mirrored: true, fault: null, ...carts };
  const env = {
    MIRROR_SHARE: "10000",
    CART_KEY_SECRET: "secret",
    FLAG_COORDINATOR: { getByName: () => ({ lease: async () => lease }) },
  };
  let trial: Awaited<ReturnType<typeof mirror>>;
  const door = new Hono<StorefrontContext>().all("*", async (c: C) => {
    trial = await mirror(c, app, {
      cartId: /^\/v1\/carts\/([^/]+)/.exec(path)?.[1],
      isJustMoved: false,
      body: new TextEncoder().encode("{}"),
      answer: Response.json(answered),
      ...of,
    });
    return c.body(null);
  });
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  await door.fetch(new Request(`https://shop${path}`, { method: "POST", body: "{}" }), env, context);
  return { trial, asked };
}

it("a change under the old name of a cart that was handed over is no evidence, and never reaches the cart", async () => {
  for (const isJustMoved of [true, false]) {
    const change = {
      flag: "cart.write",
      path: `/v1/carts/${OURS}/lines`,
      answered: cartOf("lgc_7", 2),
      isJustMoved,
    } as const;
    expect(await mirrored(change, { status: 409, body: MOVED })).toEqual({ trial: undefined, asked: [] });
  }
});

it("a new cart that the monolith calls by a name of ours is nobody's copy", async () => {
  const created = { flag: "cart.write", path: "/v1/carts", answered: cartOf(OURS) } as const;
  expect(await mirrored(created, { status: 201, body: cartOf(OURS) })).toEqual({ trial: undefined, asked: [] });
});

it("a checkout of a cart of ours is compared when the cart was moved for it, and not when it may have been changed since", async () => {
  const checkout = { flag: "checkout.write", path: `/v1/carts/${OURS}/checkout` } as const;
  const moved = { ...checkout, answered: orderOf(), isJustMoved: true };
  expect(await mirrored(moved, { status: 201, body: orderOf() })).toEqual({
    trial: { kind: "parity" },
    asked: [`POST /v1/carts/${OURS}/checkout`],
  });
  const changedSince = { ...checkout, answered: orderOf(2), isJustMoved: false };
  expect(await mirrored(changedSince, { status: 201, body: orderOf() })).toEqual({ trial: undefined, asked: [] });
});

it("a cart of the monolith's is computed on a copy under a name of our own, and what differs is found", async () => {
  const change = { flag: "cart.write", path: "/v1/carts/lgc_1/lines", answered: cartOf("lgc_1", 2) } as const;
  const { trial, asked } = await mirrored(change, { status: 200, body: cartOf("copy", 2) });
  expect(trial).toEqual({ kind: "parity" });
  expect(asked).toEqual([expect.stringMatching(/^POST \/v1\/carts\/cart_[0-9a-f-]{36}\/lines$/)]);
  const lost = await mirrored(change, { status: 200, body: cartOf("copy", 1) });
  expect(lost.trial).toMatchObject({ kind: "error", sample: { outcome: "mismatch", code: "parity" } });
});

it("each shadow has copies of its own: what happened to a cart between two of them has passed its copy by", async () => {
  const change = { flag: "cart.write", path: "/v1/carts/lgc_1/lines", answered: cartOf("lgc_1") } as const;
  const inEpoch = async (epoch: number) =>
    (await mirrored(change, { status: 200, body: cartOf("copy"), carts: { epoch } })).asked[0];
  expect(await inEpoch(2)).toBe(await inEpoch(2));
  expect(await inEpoch(4)).not.toBe(await inEpoch(2));
  // Carts are no longer copied, while checkouts still are in their shadow.
  const checkout = { flag: "checkout.write", path: "/v1/carts/lgc_1/checkout", answered: orderOf(2) } as const;
  const later = { status: 201, body: orderOf(1), carts: { state: "ramping", mirrored: false } } as const;
  expect(await mirrored(checkout, later)).toEqual({ trial: undefined, asked: [] });
});
