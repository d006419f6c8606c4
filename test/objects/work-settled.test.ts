import { expect, it, vi } from "vitest";
import { message, withOutbox } from "../support/objects-outbox.ts";

it("without a next commit the alarm forgets what was sent, and sends nothing again", () =>
  withOutbox([], async ({ work, outbox, taken, rows, storage }) => {
    const id = outbox.put("orders", message(1), Date.now());
    work.arm();
    await work.run([id]);
    expect(await storage.getAlarm()).toBe(rows()[0]?.due_at);
    await work.runDue(Date.now() + 60_000);
    expect(taken).toHaveLength(1);
    expect(rows()).toEqual([]);
    expect(await storage.getAlarm()).toBeNull();
  }));

it("who dies with what was sent sends it again, and so does one whose commit was rolled back", () =>
  withOutbox([], async ({ work, outbox, taken, rows, storage, reborn }) => {
    await work.run([outbox.put("orders", message(1), Date.now())]);
    await reborn().runDue(Date.now() + 60_000);
    expect(taken.map(({ id }) => id)).toEqual(["m1", "m1"]);
    expect(rows()).toEqual([]);

    await work.run([outbox.put("orders", message(2), Date.now())]);
    expect(() =>
      storage.transactionSync(() => {
        work.arm();
        throw new Error("storage is full");
      }),
    ).toThrow("full");
    expect(rows()).toHaveLength(1);
    await work.runDue(Date.now() + 60_000);
    expect(taken.slice(2).map(({ id }) => id)).toEqual(["m2", "m2"]);
    expect(rows()).toEqual([]);
  }));

it("a row that was sent and is wanted again before it is forgotten stays, and is sent again", () =>
  withOutbox([], async ({ work, outbox, taken, rows }) => {
    const id = outbox.put("orders", message(1), Date.now());
    await work.run([id]);
    work.dueBy({ id, kind: "send:orders", dueAt: Date.now() + 60_000 }, Date.now());
    work.arm();
    expect(rows()).toMatchObject([{ id }]);
    await work.run([id]);
    expect(taken).toHaveLength(2);
  }));

it("what was put and rolled back is not sent, whoever asks for it later", () =>
  withOutbox([], async ({ work, outbox, taken, storage }) => {
    let id = "";
    expect(() =>
      storage.transactionSync(() => {
        id = outbox.put("orders", message(1), Date.now());
        throw new Error("storage is full");
      }),
    ).toThrow("full");
    await Promise.resolve();
    await work.run([id]);
    expect(taken).toEqual([]);
  }));

it("what a step leads to is written in the transaction that forgets the step, with the messages that were sent beside it", () =>
  withOutbox([], async ({ outbox, rows, storage, reborn }) => {
    const followed: number[] = [];
    const step = async () => ({
      commit: () => {
        storage.kv.put("moved", true);
        return () => void followed.push(rows().length);
      },
    });
    const work = reborn({ step });
    work.put({ id: "step", kind: "step" }, Date.now());
    await work.run(["step", outbox.put("orders", message(1), Date.now())]);
    expect(storage.kv.get("moved")).toBe(true);
    expect(followed).toEqual([0]);
  }));

it("a step whose outcome cannot be written is a failure that is tried again, and what was done beside it is settled", () =>
  withOutbox([], async ({ rows, storage, reborn }) => {
    const step = async () => ({
      commit: () => {
        storage.kv.put("moved", true);
        throw new Error("storage is full");
      },
    });
    const work = reborn({ step, other: async () => "done" });
    work.put({ id: "step", kind: "step" }, Date.now());
    work.put({ id: "other", kind: "other" }, Date.now());
    await work.run(["step", "other"]);
    expect(storage.kv.get("moved")).toBeUndefined();
    expect(rows()).toMatchObject([{ id: "step", attempts: 1 }]);
    expect(await storage.getAlarm()).toBe(rows()[0]?.due_at);
  }));

it("a row that was put anew while others of its group are still being done is done once by whoever runs it then", () =>
  withOutbox([], async ({ rows, reborn }) => {
    const slow = Promise.withResolvers<"done">();
    const again = Promise.withResolvers<void>();
    let sends = 0;
    const work = reborn({
      slow: () => slow.promise,
      swift: async () => {
        if (++sends === 2) await again.promise;
        return "sent";
      },
    });
    const swift = { id: "swift", kind: "swift" };
    work.put(swift, Date.now());
    work.put({ id: "slow", kind: "slow" }, Date.now());
    const first = work.run(["swift", "slow"]);
    await vi.waitFor(() => expect(sends).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 5));
    work.put(swift, Date.now());
    const second = work.run(["swift"]);
    slow.resolve("done");
    await first;
    await work.runDue(Date.now() + 60_000);
    expect(sends).toBe(2);
    again.resolve();
    await second;
    work.arm();
    expect(rows()).toEqual([]);
  }));

it("one row that is asked for twice in one call is sent once", () =>
  withOutbox([], async ({ work, outbox, taken }) => {
    const id = outbox.put("orders", message(1), Date.now());
    await work.run([id, id]);
    expect(taken).toHaveLength(1);
  }));

it("what a failed step had put goes with it, also when that was asked for meanwhile", () =>
  withOutbox([], async ({ outbox, taken, rows, reborn }) => {
    const work = reborn({
      step: async () => ({
        commit: () => {
          outbox.put("orders", message(1), Date.now());
          throw new Error("storage is full");
        },
      }),
    });
    work.put({ id: "step", kind: "step" }, Date.now());
    await work.run(["step"]);
    await work.run(["send:orders:m1"]);
    expect(taken).toEqual([]);
    expect(rows()).toMatchObject([{ id: "step", attempts: 1 }]);
  }));

it("an alarm that was rolled back is set again with the next row, however late that is due", () =>
  withOutbox([], async ({ work, outbox, rows, storage }) => {
    const now = Date.now();
    expect(() =>
      work.transaction(() => {
        outbox.put("orders", message(1), now);
        work.armLoosely();
        throw new Error("storage is full");
      }),
    ).toThrow("full");
    expect(await storage.getAlarm()).toBeNull();
    outbox.put("orders", message(2), now + 1_000);
    work.armLoosely();
    expect(await storage.getAlarm()).toBe(rows()[0]?.due_at);
  }));

it("of rows that take each other's place within a millisecond the last one is there until it is done", () =>
  withOutbox([], async ({ work, outbox, taken, rows }) => {
    const now = Date.now();
    const id = outbox.put("orders", message(1), now);
    const running = work.run([id]);
    for (let n = 0; n < 3; n++) outbox.put("orders", message(1), now);
    await running;
    work.arm();
    expect(rows()).toMatchObject([{ id, attempts: 0 }]);
    expect(work.count()).toBe(1);
    await work.run([id]);
    expect(taken).toHaveLength(2);
    expect(work.count()).toBe(0);
  }));

it("a timer that is wanted again while its last run waits for other work to be settled is kept", () =>
  withOutbox([], async ({ rows, reborn }) => {
    const slow = Promise.withResolvers<"done">();
    const work = reborn({ sweep: async () => "done", slow: () => slow.promise });
    const now = Date.now();
    work.put({ id: "sweep", kind: "sweep", dueAt: now }, now);
    work.put({ id: "slow", kind: "slow", dueAt: now }, now);
    const due = work.runDue(now);
    await new Promise((resolve) => setTimeout(resolve, 5));
    work.dueBy({ id: "sweep", kind: "sweep", dueAt: now + 60_000 }, now);
    slow.resolve("done");
    await due;
    expect(rows()).toMatchObject([{ id: "sweep", due_at: now + 60_000 }]);
  }));
