import { Hono } from "hono";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Lease } from "../../src/domain/guard/lease.ts";
import type { Report } from "../../src/domain/guard/report.ts";
import { keyedOrderId } from "../../src/storefront/cart-id.ts";
import type { StorefrontContext } from "../../src/storefront/context.ts";
import { PAYMENT_KEY_HEADER, paymentKey } from "../../src/storefront/legacy.ts";
import { cutOver } from "../../src/storefront/rollout/cutover.ts";

/**
 * Goal: one checkout is one order and one charge on both sides, however its key is written. Threats: an address of an order that nobody made; two charges
 * under two keys; one failure that is counted as two.
 */
const CART = "cart_01890000-0000-7000-8000-000000000001";
const KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324";
const SECRET = "secret";
const LEASE: Lease = {
  key: "checkout.write",
  state: "complete",
  epoch: 1,
  share: 10_000,
  mirrored: false,
  fault: null,
};

let toMonolith: Headers[] = [];
beforeEach(() => {
  toMonolith = [];
  vi.stubGlobal("fetch", async (_url: URL, { headers }: { headers: Headers }) => {
    toMonolith.push(headers);
    return Response.json({ id: "lgo_1" }, { status: 201 });
  });
});
afterEach(() => void vi.unstubAllGlobals());

/** A checkout under this header on a path that fails, before or after it has begun to write, and what is told of the failure in the end. */
async function checkout(idempotencyKey: string, hasBegun: boolean) {
  const reports: Report[] = [];
  const beside: Promise<unknown>[] = [];
  const coordinator = {
    lease: async () => LEASE,
    report: async (report: Report) => {
      reports.push(report);
      return LEASE;
    },
  };
  const env = {
    LEGACY_ORIGIN: "https://monolith.example",
    LEGACY_READS: "",
    LEGACY_TIMEOUT_MS: "15000",
    CART_KEY_SECRET: SECRET,
    PATH_POINTS: { writeDataPoint: () => {} },
    FLAG_COORDINATOR: { getByName: () => coordinator },
    CART: { getByName: () => ({ beginHandOver: async () => ({ ok: true, value: { handOver: { to: "lgc_7" } } }) }) },
  };
  const app = new Hono<StorefrontContext>();
  app.use(cutOver(app)).post("/v1/carts/:id/checkout", (c) => {
    c.set("hasBegun", hasBegun);
    return c.json({}, 500);
  });
  const waitUntil = (work: Promise<unknown>) => void beside.push(work);
  const context = { waitUntil, passThroughOnException: () => {}, props: {} };
  const init = { method: "POST", headers: { "idempotency-key": idempotencyKey }, body: "{}" };
  const answer = await app.request(`/v1/carts/${CART}/checkout`, init, env, context);
  const failures = async (): Promise<string[]> => {
    await Promise.all(beside);
    return reports.flatMap(({ errors }) => errors.map(({ key }) => key));
  };
  return { answer, failures };
}

it.each([KEY, `"${KEY}"`])(
  "a checkout under %s whose end is not known is told where its order will be",
  async (key) => {
    const { answer } = await checkout(key, true);
    expect(answer.status).toBe(202);
    expect(answer.headers.get("location")).toBe(`/v1/orders/${await keyedOrderId(SECRET, CART, KEY)}`);
  },
);

it.each([KEY, `"${KEY}"`])("the monolith that does it instead, under %s, charges as we would have", async (key) => {
  const { answer } = await checkout(key, false);
  expect(answer.status).toBe(201);
  const [headers] = toMonolith;
  expect(headers?.get(PAYMENT_KEY_HEADER)).toBe(paymentKey(await keyedOrderId(SECRET, CART, KEY)));
  expect(headers?.get("idempotency-key")).toBe(key);
});

it("pitfall 21: the same checkout with and without quotes around its key is one trial", async () => {
  const [bare, quoted] = [await checkout(KEY, true), await checkout(`"${KEY}"`, true)];
  expect(await bare.failures()).toHaveLength(1);
  expect(await quoted.failures()).toEqual(await bare.failures());
});
