import { expect, it } from "vitest";
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
