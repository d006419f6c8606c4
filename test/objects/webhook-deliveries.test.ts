import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { Webhook } from "standardwebhooks";
import { expect, it, vi } from "vitest";
import { RETRY_DELAYS_MS } from "../../src/domain/webhook-delivery.ts";
import { runDueWork, workOf } from "../support/objects.ts";
import {
  allEnded,
  answerOnce,
  elapse,
  event,
  log,
  newEndpoint,
  outside,
  type Received,
  settled,
} from "../support/objects-webhooks.ts";

/** Goal: what an endpoint accepted is delivered, or its log says why not. Threats: crashes, receivers that hang or lie, and silence for days. */
it("delivers an event once, signed, to where it was told and nowhere further", async () => {
  const { object, secret } = await newEndpoint();
  for (let i = 0; i < 3; i++) await object().accept([event(1)]);
  await settled(object(), allEnded);
  expect(outside.received).toHaveLength(1);
  const [{ url, headers, body, redirect }] = outside.received as [Received];
  expect([url, redirect]).toEqual(["https://hooks.example.com/in", "manual"]);
  expect(new Webhook(secret).verify(body, headers)).toMatchObject({ type: "order.paid", data: { n: 1 } });
  expect(headers["webhook-id"]).toBe("evt_1");
  expect(await object().accept([event(1)])).toEqual({ added: 0 });
  expect(await workOf(object())).toEqual([]);
});

it("pitfall 14: tries again after any failure, under the same id and a new time, until it is taken", async () => {
  const { object, secret } = await newEndpoint();
  const statuses = [500, 404, 307];
  outside.answer = (_request, call) => {
    if (call === 4) return Promise.reject(new Error("reset"));
    return new Response("", { status: statuses[call - 1] ?? 200 });
  };
  await object().accept([event(1)]);
  for (let i = 0; i < 4; i++) {
    await vi.waitFor(async () => expect((await log(object()))[0]?.tried).toHaveLength(i + 1), { timeout: 5_000 });
    vi.setSystemTime(Date.now() + 2_000);
    await elapse(object());
  }
  const [delivery] = await settled(object(), allEnded);
  expect(delivery?.state).toBe("delivered");
  expect(delivery?.tried.map(({ status }) => status)).toEqual([500, 404, 307, null, 200]);
  expect(delivery?.tried[3]?.error).toContain("reset");
  expect(new Set(outside.received.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set(["evt_1"]));
  expect(new Set(outside.received.map(({ headers }) => headers["webhook-timestamp"])).size).toBe(5);
  for (const { headers, body } of outside.received.slice(-1))
    expect(new Webhook(secret).verify(body, headers)).toBeDefined();
});

it("follows the schedule, waits longer when asked to, and says so in the log when it gives up", async () => {
  const { object } = await newEndpoint();
  outside.answer = (_request, call) =>
    new Response("", { status: 503, headers: call === 1 ? { "retry-after": "3600" } : {} });
  await object().accept([event(1)]);
  const first = await vi.waitFor(async () => {
    const [row] = await log(object());
    if (row?.tried.length !== 1) throw new Error("not tried yet");
    return row;
  });
  expect(first.nextAt - Date.now()).toBeGreaterThan(3_590_000);
  for (let i = 0; i < RETRY_DELAYS_MS.length; i++) await elapse(object());
  const [delivery] = await log(object());
  expect(delivery).toMatchObject({ state: "failed", reason: "exhausted" });
  expect(delivery?.tried).toHaveLength(RETRY_DELAYS_MS.length + 1);
  expect(await workOf(object())).not.toContain("deliver");
  // A day of failures of one event is not yet a dead receiver.
  expect((await object().details())?.endpoint.status).toBe("enabled");
});

it("one slow answer does not hold up the next event", async () => {
  const { object } = await newEndpoint();
  let isSlow = true;
  outside.answer = ({ headers }) => (headers["webhook-id"] === "evt_1" ? answerOnce(() => !isSlow) : new Response());
  await object().accept([event(1)]);
  await object().accept([event(2), event(3)]);
  await settled(object(), (states) => states.filter((state) => state === "delivered").length === 2);
  expect(outside.received).toHaveLength(3);
  isSlow = false;
  await settled(object(), allEnded);
});

it("a crash in the middle of an attempt costs a minute and not the event", async () => {
  const { object } = await newEndpoint();
  outside.answer = () => answerOnce(() => false);
  await object().accept([event(1), event(2)]);
  await vi.waitFor(() => expect(outside.received).toHaveLength(2));
  await abortAllDurableObjects();
  outside.answer = () => new Response();
  await runDueWork(object());
  expect((await log(object())).map(({ state }) => state)).toEqual(["pending", "pending"]);
  vi.setSystemTime(Date.now() + 61_000);
  await runDueWork(object());
  await settled(object(), allEnded);
  expect((await log(object())).map(({ attempts }) => attempts)).toEqual([2, 2]);
});

it("survives eviction with its settings, its secret and its schedule", async () => {
  const { object, secret } = await newEndpoint();
  outside.answer = () => new Response("", { status: 500 });
  await object().accept([event(1)]);
  await vi.waitFor(async () => expect((await log(object()))[0]?.tried).toHaveLength(1));
  await evictDurableObject(object());
  outside.answer = () => new Response();
  await elapse(object());
  await settled(object(), allEnded);
  const last = outside.received.at(-1);
  expect(new Webhook(secret).verify(last?.body ?? "", last?.headers ?? {})).toBeDefined();
});

it("the log is bounded: what ended a week ago is forgotten, what waits never", async () => {
  const { object } = await newEndpoint();
  await object().accept([event(1), event(2)]);
  await settled(object(), allEnded);
  outside.answer = () => new Response("", { status: 500 });
  await object().accept([event(3)]);
  await vi.waitFor(async () => expect((await log(object()))[0]?.tried).toHaveLength(1));
  vi.setSystemTime(Date.now() + 8 * 86_400_000);
  outside.answer = () => new Response();
  await object().accept([event(4)]);
  const rows = await settled(object(), allEnded);
  expect(rows.map(({ eventId }) => eventId)).toEqual(["evt_4", "evt_3"]);
  const left = await runInDurableObject(object(), (_endpoint, { storage }) =>
    storage.sql.exec("SELECT DISTINCT delivery FROM attempts").toArray(),
  );
  expect(left).toHaveLength(2);
});

it("a full backlog refuses in the log, where a person finds it", async () => {
  const { object } = await newEndpoint();
  outside.answer = () => new Response("", { status: 500 });
  await runInDurableObject(object(), (_endpoint, { storage }) => {
    storage.sql.exec(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
       INSERT INTO deliveries (event_id, type, body, state, next_at, created_at)
       SELECT 'evt_old_' || i, 'order.paid', '{}', 'pending', 4000000000000, 1 FROM n`,
    );
  });
  expect(await object().accept([event("new")])).toEqual({ added: 1 });
  expect((await object().deliveries({ limit: 1 }))[0]).toMatchObject({
    eventId: "evt_new",
    state: "failed",
    reason: "backlog_full",
  });
  expect(outside.received).toEqual([]);
});
