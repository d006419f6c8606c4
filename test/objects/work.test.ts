/// <reference types="vite/types/importMeta.d.ts" />
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, it, vi, afterEach } from "vitest";
import { erase, exists, migrate } from "../../durable-objects/migrate.ts";
import { env, newId } from "../support/objects.ts";
import { message, withOutbox } from "../support/objects-outbox.ts";

afterEach(() => void vi.useRealTimers());

it("sends what was committed as one batch, and forgets it with the next commit", () =>
  withOutbox([], async ({ work, outbox, taken, rows, storage }) => {
    const ids = [1, 2, 3].map((n) => outbox.put("orders", message(n), Date.now()));
    await work.run(ids);
    expect(taken.map((sent) => sent.id)).toEqual(["m1", "m2", "m3"]);
    expect(rows()).toHaveLength(3);
    expect(work.outstanding(Date.now(), [])).toBe(0);
    const last = outbox.put("orders", message(4), Date.now());
    work.arm();
    expect(rows()).toMatchObject([{ id: last }]);
    await work.run([last]);
    work.arm();
    expect(rows()).toEqual([]);
    expect(await storage.getAlarm()).toBeNull();
  }));

it("pitfall 22: a queue that is overloaded keeps the row, and the alarm sends it later", () =>
  withOutbox(["refuse", "refuse"], async ({ work, outbox, taken, rows, storage }) => {
    const id = outbox.put("orders", message(1), Date.now());
    await work.run([id]);
    expect(rows()).toMatchObject([{ id, attempts: 1 }]);
    expect(await storage.getAlarm()).toBe(rows()[0]?.due_at);
    await work.runDue(Date.now() + 60_000);
    expect(rows()).toMatchObject([{ attempts: 2 }]);
    await work.runDue(Date.now() + 120_000);
    expect(taken).toHaveLength(1);
    expect(rows()).toEqual([]);
    expect(await storage.getAlarm()).toBeNull();
  }));

it("pitfall 22: what waits for its next try is still to be done, however long it waits: an audit must not take it for lost", () =>
  withOutbox(
    Array.from({ length: 6 }, () => "refuse" as const),
    async ({ work, outbox, rows }) => {
      const now = Date.now();
      const id = outbox.put("orders", message(1), now);
      await work.run([id]);
      for (let n = 1; n < 6; n++) await work.runDue(now + n * 60_000);
      expect(rows()[0]?.due_at).toBeGreaterThan(Date.now() + 10_000);
      expect(work.outstanding(Date.now(), [])).toBe(1);
    },
  ));

it("pitfall 22: a send that hangs is given up after its own time-out, and nothing is lost", () =>
  withOutbox(["hang"], async ({ work, outbox, rows }) => {
    const id = outbox.put("orders", message(1), Date.now());
    await work.run([id]);
    expect(rows()).toMatchObject([{ id, attempts: 1 }]);
  }));

it("an alarm that comes while a row is being done does not fire again and again", () =>
  withOutbox(["hang"], async ({ work, outbox, rows, storage }) => {
    const id = outbox.put("orders", message(1), Date.now());
    const running = work.run([id]);
    await work.runDue(Date.now() + 60_000);
    expect(await storage.getAlarm()).toBeGreaterThan(Date.now() + 1_000);
    await running;
    expect(rows()).toMatchObject([{ attempts: 1 }]);
  }));

it("does not run one row twice at the same time", () =>
  withOutbox([], async ({ work, outbox, taken }) => {
    const id = outbox.put("orders", message(1), Date.now());
    await Promise.all([work.run([id]), work.run([id]), work.runDue(Date.now() + 60_000)]);
    expect(taken).toHaveLength(1);
  }));

it("a row that is put anew while it is being done is done again, not forgotten with the first, not even within one millisecond", () =>
  withOutbox([], async ({ work, outbox, taken, rows }) => {
    const now = Date.now();
    const id = outbox.put("orders", message(1), now);
    const running = work.run([id]);
    outbox.put("orders", message(1), now);
    await running;
    expect(taken).toHaveLength(1);
    expect(rows()).toMatchObject([{ id, attempts: 0 }]);
    await work.runDue(now + 60_000);
    expect(taken).toHaveLength(2);
    expect(rows()).toEqual([]);
  }));

it("whoever asks for a row while it is being done does not wait for the alarm", () =>
  withOutbox([], async ({ work, outbox, taken, rows }) => {
    const id = outbox.put("orders", message(1), Date.now());
    const running = work.run([id]);
    outbox.put("orders", message(1), Date.now());
    await Promise.all([running, work.run([id])]);
    expect(taken).toHaveLength(2);
    work.arm();
    expect(rows()).toEqual([]);
  }));

it("what is put off shares one call to the queue, and leaves nothing behind", () =>
  withOutbox(["refuse"], async ({ work, outbox, taken, rows }) => {
    for (const n of [1, 2, 3]) work.runSoon([outbox.put("orders", message(n), Date.now())]);
    // The one call that is refused was for all three: had each been sent by itself, two would have got through.
    await vi.waitFor(() => expect(rows().map(({ attempts }) => attempts)).toEqual([1, 1, 1]));
    expect(taken).toEqual([]);
    work.runSoon(rows().map(({ id }) => id));
    await vi.waitFor(() => expect(taken.map(({ id }) => id)).toEqual(["m1", "m2", "m3"]));
    work.arm();
    expect(rows()).toEqual([]);
  }));

it("an alarm that is early enough stays where it is while rows come and go, and one that is too late is moved", () =>
  withOutbox([], async ({ work, outbox, rows, storage }) => {
    const now = Date.now();
    work.put({ id: "timer", kind: "timer", dueAt: now + 60_000 }, now);
    work.arm();
    outbox.put("orders", message(1), now);
    work.armLoosely();
    const first = await storage.getAlarm();
    expect(first).toBe(rows().find(({ id }) => id !== "timer")?.due_at);
    await work.run([outbox.put("orders", message(1), now + 1_000)]);
    outbox.put("orders", message(2), now + 2_000);
    work.armLoosely();
    expect(await storage.getAlarm()).toBeLessThanOrEqual(now + 2_000 + 5_000);
    work.put({ id: "sooner", kind: "timer", dueAt: now + 1_000 }, now);
    work.armLoosely();
    expect(await storage.getAlarm()).toBe(now + 1_000);
  }));

it("an alarm is moved for a row that failed and is to be tried again before it goes off", () =>
  withOutbox(["refuse"], async ({ work, outbox, rows, storage }) => {
    const now = Date.now();
    work.put({ id: "timer", kind: "timer", dueAt: now + 600_000 }, now);
    work.runSoon([outbox.put("orders", message(1), now + 300_000)]);
    work.arm();
    await work.flush();
    const failed = rows().find(({ attempts }) => attempts > 0);
    expect(failed?.due_at).toBeLessThan(now + 10_000);
    expect(await storage.getAlarm()).toBe(failed?.due_at);
  }));

it("what was put off is done at once when asked for, and its timer does not send again what was sent meanwhile", () =>
  withOutbox([], async ({ work, outbox, taken, rows }) => {
    work.runSoon([outbox.put("orders", message(1), Date.now())]);
    await Promise.resolve();
    await work.flush();
    expect(taken.map(({ id }) => id)).toEqual(["m1"]);
    work.arm();
    expect(rows()).toEqual([]);
    work.runSoon([outbox.put("orders", message(2), Date.now())]);
    await work.runDue(Date.now() + 60_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(taken.map(({ id }) => id)).toEqual(["m1", "m2"]);
  }));

it("what was sent after the last commit is forgotten by one more, and no alarm is left", () =>
  withOutbox([], async ({ work, outbox, rows, storage }) => {
    work.runSoon([outbox.put("orders", message(1), Date.now())]);
    work.arm();
    await work.flush();
    expect(rows()).toHaveLength(1);
    work.tidy();
    expect(rows()).toEqual([]);
    expect(await storage.getAlarm()).toBeNull();
  }));

it("an alarm that was taken back with its transaction is set again once its time has passed", () =>
  withOutbox([], async ({ work, outbox, storage }) => {
    const now = Date.now();
    expect(() =>
      storage.transactionSync(() => {
        work.put({ id: "timer", kind: "timer", dueAt: now + 50 }, now);
        work.arm();
        throw new Error("storage is full");
      }),
    ).toThrow("full");
    await new Promise((resolve) => setTimeout(resolve, 60));
    outbox.put("orders", message(1), Date.now());
    work.armLoosely();
    expect(await storage.getAlarm()).toBeGreaterThan(Date.now());
  }));

/** The steps of every object that has a schema: whoever adds one need not remember this test. */
const STEPS = Object.values(
  import.meta.glob<Readonly<Record<string, unknown>>>("../../durable-objects/*/schema.ts", { eager: true }),
).flatMap((module) =>
  Object.entries(module).flatMap(([name, value]) =>
    // SAFETY: tsc checks each of them where it is migrated.
    name.endsWith("_STEPS") ? [[name, value as readonly string[]] as const] : [],
  ),
);

it("every prefix of every object's migration steps leads to the same schema", async () => {
  expect(STEPS.length).toBeGreaterThanOrEqual(12);
  for (const [name, steps] of STEPS) {
    const schemas: string[] = [];
    for (let prefix = 0; prefix <= steps.length; prefix++) {
      await runInDurableObject(env.CART.getByName(newId("cart")), async (_cart, { storage }) => {
        migrate(storage, steps.slice(0, prefix));
        expect(exists(storage)).toBe(prefix > 0);
        migrate(storage, steps);
        migrate(storage, steps);
        schemas.push(JSON.stringify(storage.sql.exec("SELECT name, sql FROM sqlite_master ORDER BY name").toArray()));
        await erase(storage);
        expect(exists(storage)).toBe(false);
      });
    }
    expect(new Set(schemas).size, name).toBe(1);
  }
});

it("an alarm on an object that was deleted does nothing", async () => {
  const stub = env.ORDER.getByName(newId("ord"));
  await runInDurableObject(stub, (_order, { storage }) => storage.setAlarm(Date.now() + 60_000));
  expect(await runDurableObjectAlarm(stub)).toBe(true);
});
