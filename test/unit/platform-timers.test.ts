import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { VersionWaiters } from "../../durable-objects/order/waiters.ts";
import { sendMessages } from "../../src/platform/queue-send.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("pitfall 25: a send that the queue took leaves no timer pending", async () => {
  const sendBatch = () => Promise.resolve({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } });
  await sendMessages({ sendBatch }, ["a"]);
  expect(vi.getTimerCount()).toBe(0);
});

it("pitfall 25: who waits for a change is woken and leaves no timer pending", async () => {
  const waiters = new VersionWaiters();
  const woken = Promise.all([waiters.wait(10_000), waiters.wait(20_000)]);
  expect(vi.getTimerCount()).toBe(2);
  waiters.wake();
  await woken;
  expect(vi.getTimerCount()).toBe(0);
});

it("who waits too long goes on, and is not woken again", async () => {
  const waiters = new VersionWaiters();
  const waited = waiters.wait(10_000);
  await vi.advanceTimersByTimeAsync(10_000);
  await waited;
  waiters.wake();
  expect(vi.getTimerCount()).toBe(0);
});
