import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, vi } from "vitest";
import type { EndpointSettings } from "../../durable-objects/webhook-endpoint/webhook-endpoint.ts";
import { makeId } from "../../src/domain/ids.ts";
import { env, runDueWork } from "./objects.ts";

export interface Received {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly redirect: string | undefined;
}
type Script = (request: Received, call: number) => Response | Promise<Response>;

/** The receiver: what it got, and what it says next. The one thing in these tests that is not ours. */
export const outside: { received: Received[]; answer: Script } = { received: [], answer: () => new Response("ok") };

beforeEach(() => {
  outside.received = [];
  outside.answer = () => new Response("ok");
  vi.stubGlobal("fetch", async (url: string, init: RequestInit & { headers: Record<string, string>; body: string }) => {
    const { headers, body, redirect } = init;
    const request = { url, headers, body, redirect };
    outside.received.push(request);
    return outside.answer(request, outside.received.length);
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

export const settings: EndpointSettings = {
  url: "https://hooks.example.com/in",
  events: ["order.*"],
  description: "test",
};

export async function newEndpoint(change: Partial<EndpointSettings> = {}) {
  const id = makeId("we", Date.now(), crypto.getRandomValues(new Uint8Array(16)));
  const stub = env.WEBHOOK_ENDPOINT.getByName(id);
  const made = await stub.create(id, { ...settings, ...change });
  if (!made.ok) throw new Error(made.detail);
  return { id, secret: made.value.secret, object: () => env.WEBHOOK_ENDPOINT.getByName(id) };
}

export const event = (n: number | string, type = "order.paid") => ({
  id: `evt_${n}`,
  type,
  body: JSON.stringify({ type, timestamp: "2026-11-27T08:00:00Z", data: { n } }),
});

type Stub = ReturnType<Awaited<ReturnType<typeof newEndpoint>>["object"]>;
export const log = (stub: Stub) => stub.deliveries({ limit: 100 });
export const settled = (stub: Stub, test: (states: string[]) => boolean) =>
  vi.waitFor(
    async () => {
      const rows = await log(stub);
      if (!test(rows.map(({ state }) => state))) throw new Error(JSON.stringify(rows));
      return rows;
    },
    { timeout: 5_000, interval: 10 },
  );
export const allEnded = (states: string[]) => states.every((state) => state !== "pending");

/** Answers when the test says so. It asks, because a promise of the test would be another context's. */
export async function answerOnce(isTime: () => boolean): Promise<Response> {
  while (!isTime()) await scheduler.wait(5);
  return new Response();
}

/** As if the time had come for every delivery that waits. */
export async function elapse(stub: Stub): Promise<void> {
  await runInDurableObject(stub, (_endpoint, { storage }) => {
    storage.sql.exec("UPDATE deliveries SET next_at = 1 WHERE state = 'pending'");
  });
  await runDueWork(stub);
}
