/**
 * Goal: under load requests share calls to the queue, and each is answered by what became of its own events. Threat: one that is answered yes for a
 * call that failed, or that waits for ever because the request it waits for is gone.
 */
import { afterEach, describe, expect, test, vi } from "vitest";
import { JoinedSends } from "../../src/analytics/ingest/joined-sends.ts";
import type { EventsQueue, Parcel } from "../../src/analytics/ingest/send.ts";
import { EventRows, rowsOf } from "../../src/domain/events/pack.ts";
import { DURATION_MS } from "../../src/domain/limits.ts";

afterEach(() => void vi.useRealTimers());

function parcel(n: number, rows: number = 1): Parcel {
  const packed = new EventRows(rows);
  for (let i = 0; i < rows; i++) {
    const id = { high: n, low: i };
    packed.add(id, id, { stamp: 0, kind: 1, label: "A", quantity: 0 }, 1_000);
  }
  return { batches: packed.batches({ id: `evt_${n}`, requestId: "r", receivedAt: 1_000, source: "wk" }), reports: [] };
}

/** A queue whose calls end when the test says so. */
function slowQueue() {
  const calls: { readonly rows: number[]; end(error?: Error): void }[] = [];
  const take = (bodies: unknown[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const rows = (bodies as Parcel["batches"][number][]).flatMap((body) => rowsOf(body).map(({ id }) => id.high));
    calls.push({ rows, end: (error) => (error ? reject(error) : resolve()) });
    return promise;
  };
  const answer = { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
  const queue: EventsQueue = {
    send: async (body) => (await take([body]), answer),
    sendBatch: async (messages) => (await take(Array.from(messages, ({ body }) => body)), answer),
  };
  return { queue, calls };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("joined sends", () => {
  test("who comes alone goes at once; who comes meanwhile goes together, in one call and one message", async () => {
    const { queue, calls } = slowQueue();
    const sends = new JoinedSends();
    const answers = [1, 2, 3, 4].map((n) => sends.send(queue, parcel(n)));
    await turn();
    expect(calls.map(({ rows }) => rows)).toEqual([[1]]);
    calls[0]?.end();
    await turn();
    expect(calls.map(({ rows }) => rows)).toEqual([[1], [2, 3, 4]]);
    calls[1]?.end();
    expect((await Promise.all(answers)).map(({ ok }) => ok)).toEqual([true, true, true, true]);
    const after = sends.send(queue, parcel(5));
    expect(calls.length).toBe(3);
    calls[2]?.end();
    expect((await after).ok).toBe(true);
  });

  test("pitfall 20: nobody is answered before the call with their events has ended, and all of a call get its answer", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { queue, calls } = slowQueue();
    const sends = new JoinedSends();
    const answers: Record<number, boolean> = {};
    for (const n of [1, 2, 3]) void sends.send(queue, parcel(n)).then(({ ok }) => (answers[n] = ok));
    calls[0]?.end();
    await turn();
    expect(answers).toEqual({ 1: true });
    calls[1]?.end(new Error("Queue is overloaded"));
    await turn();
    expect(answers).toEqual({ 1: true, 2: false, 3: false });
  });

  test("a request that is torn down holds the others up for a while, not for ever", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { queue, calls } = slowQueue();
    const sends = new JoinedSends();
    // Its context is gone: neither does it go on, nor does any of its own timers fire.
    const gone: EventsQueue = {
      send: () => new Promise(() => undefined),
      sendBatch: () => new Promise(() => undefined),
    };
    vi.stubGlobal("setTimeout", () => 0);
    void sends.send(gone, parcel(1));
    await turn();
    vi.unstubAllGlobals();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const answers = [2, 3].map((n) => sends.send(queue, parcel(n)));
    await vi.advanceTimersByTimeAsync(DURATION_MS.queueSend + 200);
    expect(calls.map(({ rows }) => rows)).toEqual([[2, 3]]);
    calls[0]?.end();
    expect((await Promise.all(answers)).map(({ ok }) => ok)).toEqual([true, true]);
    const next = sends.send(queue, parcel(4));
    calls[1]?.end();
    expect((await next).ok).toBe(true);
  });

  test("when it was the one that would have sent for the others, they are told to send again", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { queue, calls } = slowQueue();
    const sends = new JoinedSends();
    const first = sends.send(queue, parcel(1));
    const never: EventsQueue = {
      send: () => new Promise(() => undefined),
      sendBatch: () => new Promise(() => undefined),
    };
    const leader = sends.send(never, parcel(2));
    const member = sends.send(queue, parcel(3));
    calls[0]?.end();
    await vi.advanceTimersByTimeAsync(10_000);
    expect((await first).ok).toBe(true);
    expect([await leader, await member]).toMatchObject([
      { ok: false, reason: "dependency_unavailable" },
      { ok: false, reason: "dependency_unavailable" },
    ]);
  });

  test("what is too much for one call goes by itself", async () => {
    const { queue, calls } = slowQueue();
    const sends = new JoinedSends();
    const answers = [sends.send(queue, parcel(1))];
    for (let n = 2; n <= 6; n++) answers.push(sends.send(queue, parcel(n, 1_600)));
    await turn();
    // Three of them fit into a call of 200 KB, the others do not wait.
    expect(calls.map(({ rows }) => [...new Set(rows)])).toEqual([[1], [5], [6]]);
    for (const call of calls) call.end();
    await turn();
    expect([...new Set(calls[3]?.rows)]).toEqual([2, 3, 4]);
    calls[3]?.end();
    expect((await Promise.all(answers)).every(({ ok }) => ok)).toBe(true);
  });

  test("nothing is sent for a request without events", async () => {
    const { queue, calls } = slowQueue();
    expect((await new JoinedSends().send(queue, { batches: [], reports: [] })).ok).toBe(true);
    expect(calls).toEqual([]);
  });
});
