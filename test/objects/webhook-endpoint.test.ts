import { runInDurableObject } from "cloudflare:test";
import { Webhook } from "standardwebhooks";
import { expect, it, vi } from "vitest";
import { makeId } from "../../src/domain/ids.ts";
import { env, messagesTo, runDueWork, tablesOf } from "../support/objects.ts";
import {
  allEnded,
  answerOnce,
  elapse,
  event,
  log,
  newEndpoint,
  outside,
  type Received,
  settings,
  settled,
} from "../support/objects-webhooks.ts";

/** Goal: an endpoint does what its owner set, and ends when it should. Threats: a target inside, a secret that leaks, a receiver that is dead. */
it("takes only what its filters name, and nothing while it is disabled", async () => {
  const { object } = await newEndpoint();
  expect(await object().accept([event(1, "stock.low"), event(2, "order.expired")])).toEqual({ added: 1 });
  await object().configure({ status: "disabled" });
  expect(await object().accept([event(3)])).toEqual({ added: 0 });
  await object().configure({ status: "enabled", events: ["stock.low"] });
  expect(await object().accept([event(4), event(5, "stock.low")])).toEqual({ added: 1 });
});

it("is disabled after failing for days, tells so once, and begins anew when it is enabled", async () => {
  const { object, id } = await newEndpoint();
  outside.answer = () => new Response("", { status: 500 });
  await object().accept(Array.from({ length: 12 }, (_, i) => event(i)));
  await vi.waitFor(async () => expect((await object().details())?.endpoint.failures).toBe(12), { timeout: 5_000 });
  expect((await object().details())?.endpoint.status).toBe("enabled");
  vi.setSystemTime(Date.now() + Number(env.WEBHOOK_DISABLE_AFTER_MS));
  const told = await messagesTo(object(), "notifications");
  await elapse(object());
  expect(await told()).toMatchObject([
    { id: `endpoint.changed:${id}:2`, type: "endpoint.changed" },
    { id: `endpoint.disabled:${id}:2`, type: "endpoint.disabled" },
  ]);
  expect((await object().details())?.endpoint).toMatchObject({ status: "disabled", reason: "failing" });
  expect(new Set((await log(object())).map(({ reason }) => reason))).toEqual(new Set(["endpoint_disabled"]));
  const calls = outside.received.length;
  await runDueWork(object());
  expect(outside.received).toHaveLength(calls);

  outside.answer = () => new Response();
  expect(await object().retry(1)).toMatchObject({ reason: "endpoint_disabled" });
  const enabled = await object().configure({ status: "enabled" });
  expect(enabled).toMatchObject({ value: { endpoint: { status: "enabled", failures: 0 } } });
  expect(enabled.ok && enabled.value.endpoint.reason).toBeUndefined();
  expect(await object().retry(1)).toMatchObject({ ok: true });
  await settled(object(), (states) => states.includes("delivered"));
});

it("410 disables at once, and what waited ends with it", async () => {
  const { object } = await newEndpoint();
  outside.answer = () => new Response("", { status: 410 });
  await object().accept([event(1)]);
  await settled(object(), allEnded);
  expect((await log(object()))[0]).toMatchObject({ state: "failed", reason: "gone" });
  expect((await object().details())?.endpoint).toMatchObject({ status: "disabled", reason: "gone" });
});

it("rotation: both secrets sign while they overlap, never more than two, and a leaked one stops at once", async () => {
  const { object, secret: first } = await newEndpoint();
  const signers = async (n: number) => {
    await object().accept([event(n)]);
    await settled(object(), allEnded);
    return outside.received.at(-1) as Received;
  };
  const verifies = ({ body, headers }: Received, secret: string): boolean => {
    try {
      return new Webhook(secret).verify(body, headers) !== undefined;
    } catch {
      return false;
    }
  };
  const rotate = async (overlapMs: number): Promise<string> => {
    const reply = await object().rotateSecret(overlapMs);
    if (!reply.ok) throw new Error(reply.reason);
    return reply.value.secret;
  };
  const second = await rotate(60_000);
  const both = await signers(1);
  expect([first, second].map((secret) => verifies(both, secret))).toEqual([true, true]);
  const third = await rotate(60_000);
  const next = await signers(2);
  expect([first, second, third].map((secret) => verifies(next, secret))).toEqual([false, true, true]);
  vi.setSystemTime(Date.now() + 61_000);
  const later = await signers(3);
  expect(later.headers["webhook-signature"]?.split(" ")).toHaveLength(1);
  const fourth = await rotate(0);
  const leaked = await signers(4);
  expect(leaked.headers["webhook-signature"]?.split(" ")).toHaveLength(1);
  vi.useRealTimers();
  expect((await object().details())?.secrets).toHaveLength(1);
  expect(JSON.stringify(await object().details())).not.toContain(fourth);
});

it("a test is one attempt that counts for nothing, even while it is disabled", async () => {
  const { object } = await newEndpoint();
  outside.answer = () => new Response("no", { status: 500 });
  await object().configure({ status: "disabled" });
  const reply = await object().sendTest(event("t", "endpoint.test"));
  expect(reply).toMatchObject({
    value: { state: "failed", reason: "test_failed", tried: [{ status: 500, response: "no" }] },
  });
  expect((await object().details())?.endpoint.failures).toBe(0);
  outside.answer = () => new Response();
  expect(await object().sendTest(event("u", "endpoint.test"))).toMatchObject({ value: { state: "delivered" } });
  expect(outside.received).toHaveLength(2);
});

it("refuses a target that is not public, also one that was registered under another rule", async () => {
  const id = makeId("we", Date.now(), crypto.getRandomValues(new Uint8Array(16)));
  const stub = env.WEBHOOK_ENDPOINT.getByName(id);
  expect(await stub.create(id, { ...settings, url: "https://169.254.169.254/" })).toMatchObject({
    reason: "target_refused",
  });
  expect(await tablesOf(stub)).toEqual([]);
  const { object } = await newEndpoint();
  expect(await object().configure({ url: "https://localhost/" })).toMatchObject({ reason: "target_refused" });
  await runInDurableObject(object(), (_endpoint, { storage }) => {
    storage.sql.exec("UPDATE endpoint SET url = 'http://127.0.0.1:9/'");
  });
  await object().accept([event(1)]);
  await vi.waitFor(async () => expect((await log(object()))[0]?.tried[0]?.error).toContain("not sent"));
  expect(outside.received).toEqual([]);
});

it("deleted is gone: an attempt that is under way books nothing, and no call brings tables back", async () => {
  const { object } = await newEndpoint();
  let isSlow = true;
  outside.answer = () => answerOnce(() => !isSlow);
  await object().accept([event(1)]);
  await vi.waitFor(() => expect(outside.received).toHaveLength(1));
  expect(await object().remove()).toBe(true);
  isSlow = false;
  await scheduler.wait(50);
  expect(await object().remove()).toBe(false);
  expect(await object().accept([event(2)])).toEqual({ added: 0 });
  expect(await object().details()).toBeNull();
  expect(await object().deliveries({ limit: 5 })).toEqual([]);
  expect(await object().configure({ description: "x" })).toMatchObject({ reason: "unknown_endpoint" });
  expect(await tablesOf(object())).toEqual([]);
});
