import { Hono } from "hono";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Lease } from "../../src/domain/guard/lease.ts";
import type { Outcome } from "../../src/domain/guard/outcome.ts";
import type { StorefrontContext } from "../../src/storefront/context.ts";
import { onNewPath } from "../../src/storefront/rollout/edge.ts";
import { proxyToLegacy } from "../../src/storefront/rollout/proxy.ts";

/**
 * Goal: only faults of the new path count against it. Threats: a shopper who checks out a hundred lines at stock that is far away, again and again, and
 * rolls the path back for everybody; a monolith whose faults are taken for the new path's.
 */
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const LEASE: Lease = {
  key: "checkout.write",
  state: "complete",
  epoch: 1,
  share: 10_000,
  mirrored: false,
  fault: null,
};
const STOCK_CALL_MS = 150;

const never = () => new Promise<never>(() => {});
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const abortedBy = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

/** What becomes of a checkout that reserves `lines` one after the other, `callMs` each. Without lines it never finds out how many there are. */
async function checkoutOf(lines: number | undefined, callMs: number): Promise<Outcome | undefined> {
  let outcome: Outcome | undefined;
  const app = new Hono<StorefrontContext>()
    .use(async (c, next) => {
      outcome = await onNewPath(c, next, LEASE);
      c.res = new Response(null);
    })
    .all("*", async (c) => {
      c.set("hasBegun", true);
      if (lines === undefined) return never();
      c.set("lines", lines);
      await sleep(lines * callMs);
      return c.body(null, 201);
    });
  const answer = app.request("/v1/carts/x/checkout", { method: "POST" });
  await vi.advanceTimersByTimeAsync(120_000);
  await answer;
  return outcome;
}

it("a checkout of a hundred lines at stock that is far away is slow, and no failure", async () => {
  expect(await checkoutOf(1, STOCK_CALL_MS)).toEqual({ kind: "ok" });
  expect(await checkoutOf(100, STOCK_CALL_MS)).toEqual({ kind: "ok" });
});

it("one that takes longer than its lines explain is given up on, and so is one that says nothing", async () => {
  const givenUp = { kind: "indefinite", code: "time_out" };
  expect(await checkoutOf(2, 60_000)).toMatchObject(givenUp);
  expect(await checkoutOf(100, 1_100)).toMatchObject(givenUp);
  expect(await checkoutOf(undefined, 1)).toMatchObject(givenUp);
});

it.each([
  ["fails", async () => new Response(null, { status: 500 }), 500],
  ["is gone", async () => Promise.reject(new TypeError("connection refused")), 502],
  ["answers after twelve seconds", async () => sleep(12_000).then(() => new Response(null, { status: 201 })), 201],
  ["does not answer", (_url: URL, { signal }: { signal: AbortSignal }) => abortedBy(signal), 504],
])(
  "pitfall 21: what the monolith answers where nothing of ours does is no trial, also when it %s",
  async (_, monolith, status) => {
    vi.stubGlobal("fetch", monolith);
    let outcome: Outcome | undefined;
    const app = new Hono<StorefrontContext>()
      .use(async (c, next) => {
        outcome = await onNewPath(c, next, LEASE);
      })
      .all("*", (c) => proxyToLegacy(c));
    const env = { LEGACY_ORIGIN: "https://monolith.example", LEGACY_TIMEOUT_MS: "15000" };
    const answer = app.request("/v1/carts/", { method: "POST" }, env);
    await vi.advanceTimersByTimeAsync(20_000);
    expect([(await answer).status, outcome]).toEqual([status, { kind: "neutral" }]);
  },
);

it("pitfall 25: leaves no timer pending", async () => {
  await checkoutOf(100, STOCK_CALL_MS);
  expect(vi.getTimerCount()).toBe(0);
});
