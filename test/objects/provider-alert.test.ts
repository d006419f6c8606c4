import { evictDurableObject } from "cloudflare:test";
import { afterEach, expect, it, vi } from "vitest";
import { LiveBoard } from "../../durable-objects/live-board/live-board.ts";
import type { CallOutcome, PspCall } from "../../src/domain/psp-calls.ts";
import { told } from "../support/objects-alerts.ts";
import { env, runDueWork } from "../support/objects.ts";

/**
 * Goal: that the payment provider does not answer is said within a minute, once, and taken back when it answers. Threats: silence of a shop that makes no calls,
 * taken for an answer (pitfall 21); a call that hangs and is only heard of when its batch is over.
 */
afterEach(() => void vi.useRealTimers());

const book = () => env.ALERT_BOOK.getByName("shop");
const tap = () => env.PAYMENT_THROTTLE.getByName("stripe");
const calls = (outcome: CallOutcome, count: number): PspCall[] =>
  Array.from({ length: count }, () => ({ operation: "payment_intents.create", outcome, latencyMs: 20_000 }));
const pass = (seconds: number) => void vi.setSystemTime(Date.now() + seconds * 1_000);
const said = () => told.map(({ type, alert }) => `${type} ${alert.rule.id} ${alert.rule.severity} ${alert.value}`);

/** What the book does every ten seconds while there is traffic. */
async function look(): Promise<string[]> {
  await book().wake(0);
  await runDueWork(book());
  return (await book().onBoard()).shown.map(({ rule }) => rule.id);
}

it("says so within a minute of the first call that hangs, once, and until the provider answers again", async () => {
  vi.spyOn(LiveBoard.prototype, "figures").mockResolvedValue(null);
  const begin = Date.now();
  await tap().report(calls("answered", 3));
  await tap().report(calls("declined", 4));
  expect(await look()).toEqual([]);
  pass(60);
  // Three charges whose calls take twenty seconds to fail. Their batch goes on, and tells with the slots for their repeats.
  pass(20);
  await tap().take(3, undefined, calls("indefinite", 3));
  pass(10);
  expect(await look()).toEqual(["provider_silent"]);
  expect(Date.now() - begin - 60_000).toBeLessThan(60_000);
  for (let n = 0; n < 6; n++) {
    pass(20);
    await tap().take(1, undefined, calls("indefinite", 1));
    expect(await look()).toEqual(["provider_silent"]);
  }
  // Nobody buys: nobody is asked, and nobody has answered.
  pass(3_600);
  expect(await look()).toEqual(["provider_silent"]);
  await tap().report(calls("answered", 1));
  expect(await look()).toEqual([]);
  await vi.waitFor(() =>
    expect(said()).toEqual(["alert.fired provider_silent critical 0.6", "alert.cleared provider_silent critical 0"]),
  );
  const { outcomes, failedShare } = await tap().status();
  expect(failedShare).toBe(0);
  expect(outcomes.reduce((sum, { count }) => sum + count, 0)).toBe(17);
});

it("calls that fail one at a time are counted together, though the throttle is let go in between", async () => {
  vi.spyOn(LiveBoard.prototype, "figures").mockResolvedValue(null);
  pass(7_200);
  for (let n = 0; n < 3; n++) {
    expect(await look()).toEqual([]);
    await evictDurableObject(tap());
    pass(20);
    await tap().report(calls("indefinite", 1));
  }
  await evictDurableObject(tap());
  expect((await tap().status()).failedShare).toBe(0.6);
  expect(await look()).toEqual(["provider_silent"]);
  // What is answered afterwards is not forgotten either, or the failures before it would come back with the next restart.
  await tap().report(calls("answered", 20));
  await evictDurableObject(tap());
  expect((await tap().status()).failedShare).toBeCloseTo(3 / 23);
});

it("a throttle that has just started knows nothing of the provider, and that is no answer of the provider's", async () => {
  vi.spyOn(LiveBoard.prototype, "figures").mockResolvedValue(null);
  pass(14_400);
  await tap().report(calls("misconfigured", 5));
  expect(await look()).toEqual(["provider_silent"]);
  pass(3_600);
  await evictDurableObject(tap());
  expect((await tap().status()).failedShare).toBeNull();
  expect(await look()).toEqual(["provider_silent"]);
});
