import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test";
import { Webhook } from "standardwebhooks";
import { expect, it, vi } from "vitest";
import { allSlices, parseSlices } from "../../src/domain/events/routing.ts";
import { eventOf } from "../../src/ops/webhooks/event.ts";
import { toldOf } from "../support/objects-alerts.ts";
import { env } from "../support/objects.ts";
import { log, newEndpoint, outside } from "../support/objects-webhooks.ts";

/**
 * Goal: stock that falls 12 -> 4 while the receiver is away for ten minutes is one webhook, taken once, soon after it is back. Threats: a sale each below the
 * threshold that queues up an event of its own, a repeat of the queue that becomes a second delivery, a crash in the outage that forgets it.
 */
const MINUTE_MS = 60_000;
const STEP_MS = 5_000;

it("stock 12 -> 4 while the receiver is away for ten minutes: delivered once it is back, once, and provably from us", async () => {
  const { object, secret } = await newEndpoint({ events: ["alert.*"] });
  const [name = ""] = allSlices(parseSlices(env.PRODUCT_SLICES));
  const slice = () => env.PRODUCT_METRICS.getByName(name);
  const startedAt = Date.now();
  const backAt = startedAt + 10 * MINUTE_MS;
  const isBack = () => Date.now() >= backAt;
  outside.answer = () => (isBack() ? new Response() : new Response("", { status: 503 }));

  const level = (onHand: number, seq: number) => ({ sku: "AWAY", onHand, reserved: 0, seq, at: Date.now() });
  await slice().stockLevels([level(12, 1)]);
  const sales = [11, 10, 9, 8, 7, 6, 5, 4].map((left, n) => level(left, n + 2));
  await Promise.all(sales.map((sale) => slice().stockLevels([sale])));
  const [message] = await vi.waitFor(() => {
    expect(toldOf("AWAY")).toHaveLength(1);
    return toldOf("AWAY");
  });
  if (!message) throw new Error("nothing was told");
  // What the consumer of the queue does, which may get a message more than once.
  const event = await eventOf(message);
  for (let repeat = 0; repeat < 3; repeat++) await object().accept([event]);

  const triedOut = async () => {
    const [row] = await log(object());
    expect(row?.tried.length).toBe(outside.received.length);
  };
  for (let now = startedAt; now < backAt + 11 * MINUTE_MS; now += STEP_MS) {
    vi.setSystemTime(now);
    if (now - startedAt === 4 * MINUTE_MS) {
      await abortAllDurableObjects();
      await object().accept([event]);
    }
    await runDurableObjectAlarm(object());
    await vi.waitFor(triedOut);
  }
  const [delivery, ...others] = await log(object());
  expect(others).toEqual([]);
  expect(delivery).toMatchObject({ state: "delivered", type: "alert.fired" });
  const statuses = delivery?.tried.map(({ status }) => status) ?? [];
  expect(statuses.slice(0, -1).every((status) => status === 503)).toBe(true);
  expect(statuses.at(-1)).toBe(200);
  expect(statuses.length).toBeGreaterThan(3);
  // Ten minutes away are tried again after 5 s, 30 s, 2 min, 10 min: the fourth wait ends after it is back.
  const last = outside.received.at(-1);
  const deliveredAt = Number(last?.headers["webhook-timestamp"]) * 1_000;
  expect(deliveredAt).toBeGreaterThanOrEqual(backAt - 1_000);
  expect(new Set(outside.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  vi.setSystemTime(deliveredAt);
  expect(new Webhook(secret).verify(last?.body ?? "", last?.headers ?? {})).toMatchObject({
    type: "alert.fired",
    data: { alert: { sku: "AWAY", rule: { id: "stock_low" }, threshold: 10 } },
  });
});
