/**
 * Goal: while the queue refuses messages, what matters least is sent back first, and honestly. Threats: views that take the room of orders; an event that
 * is answered with yes and dropped.
 */
import { beforeEach, expect, test, vi } from "vitest";
import { batch, hushed, openIngest, server, view } from "./analytics-world.ts";

beforeEach(hushed);

const event = (name: string, properties: Record<string, unknown> = {}) => ({
  type: "track",
  event: name,
  anonymousId: "ada",
  messageId: `${name}-${Math.random()}`,
  properties: { sku: "A", ...properties },
});

test("views are sent back without asking the queue, carts and orders are still tried, and all is as before once it is well", async () => {
  const start = 1_800_000_000_000;
  vi.useFakeTimers({ toFake: ["Date"], now: start });
  let isWell = false;
  const { call, calls, rows, decisions } = openIngest(() => {
    if (!isWell) throw new Error("Queue is overloaded. Please back off.");
  });
  const send = async (...events: unknown[]) => {
    vi.setSystemTime(Date.now() + 100);
    const answer = await call("/v1/batch", { ...server, body: batch(...events) });
    await new Promise((resolve) => setImmediate(resolve));
    return answer;
  };
  for (let n = 0; n < 5; n++) expect((await send(view(n))).status).toBe(429);
  expect(decisions).toMatchObject([{ kind: "opened", lane: "ingest", route: { to: "fallback" } }]);

  const asked = calls.length;
  const refused = await send(view(6), event("Page Seen"));
  expect(refused).toMatchObject({ status: 429, body: { code: "overloaded" } });
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(5);
  expect(calls).toHaveLength(asked);

  await send(event("Product Added"));
  await send(view(7), event("Order Completed", { order_id: "o-1", total: 1, currency: "USD" }));
  expect(calls).toHaveLength(asked + 2);
  expect(rows()).toEqual([]);

  isWell = true;
  expect((await send(event("Checkout Started"))).status).toBe(200);
  vi.setSystemTime(start + 12_000);
  for (let n = 10; n < 22; n++) expect((await send(view(n))).status).toBe(200);
  expect(decisions.at(-1)).toMatchObject({ kind: "closed", lane: "ingest" });
  expect(rows()).toHaveLength(13);
});
