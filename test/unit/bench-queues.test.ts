import { setTimeout } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import {
  type BatchOutcome,
  type Delivered,
  QueueBroker,
  type QueuedMessage,
} from "../../bench/runtime/queues/broker.ts";
import { OutsideQueues } from "../../bench/runtime/queues/outside.ts";

/** Goal: the queue of the drills is at least as unkind as Cloudflare's and loses nothing. A kinder one would let a drill pass that should not. */
const OK: BatchOutcome = {
  outcome: "ok",
  ackAll: false,
  retryBatch: { retry: false },
  explicitAcks: [],
  retryMessages: [],
};
const opened: QueueBroker[] = [];
afterEach(() => {
  for (const broker of opened.splice(0)) broker.close();
});

function brokerOf(answers: (messages: readonly QueuedMessage[]) => Delivered | Promise<Delivered>, extra = {}) {
  const delivered: { readonly id: string; readonly attempts: number }[][] = [];
  const buried: string[] = [];
  const broker = new QueueBroker({
    policy: { batchSize: 3, batchTimeoutMs: 5, deliveries: 3, retryDelayMs: 0, deadLetterQueue: "dead" },
    concurrency: 1,
    repeats: () => false,
    deliver: async (messages) => {
      delivered.push(messages.map(({ id, attempts }) => ({ id, attempts })));
      return answers(messages);
    },
    bury: (messages) => void buried.push(...messages.map(({ id }) => id)),
    ...extra,
  });
  opened.push(broker);
  const send = (...ids: string[]): void =>
    broker.accept(
      ids.map((id) => ({ id, timestamp: 1, contentType: "v8", body: Buffer.from("x"), attempts: 0 })),
      0,
    );
  const drained = async (): Promise<void> => {
    while (broker.backlog > 0) await setTimeout(1);
  };
  return { broker, delivered, buried, send, drained };
}

describe("a queue that outlives the runtime", () => {
  test("hands out full batches at once and the rest after the timeout", async () => {
    const { send, drained, delivered } = brokerOf(() => OK);
    send("a", "b", "c", "d");
    await drained();
    expect(delivered.map((batch) => batch.map(({ id }) => id))).toEqual([["a", "b", "c"], ["d"]]);
  });

  test("delivers again what was not acknowledged, and only that", async () => {
    let first = true;
    const { send, drained, delivered } = brokerOf(() => {
      const retry = first ? [{ msgId: "b" }] : [];
      first = false;
      return { ...OK, retryMessages: retry };
    });
    send("a", "b");
    await drained();
    expect(delivered[1]).toEqual([{ id: "b", attempts: 2 }]);
  });

  test("a consumer that dies uses up a delivery; nobody being there does not, and nothing is lost by either", async () => {
    const answers: Delivered[] = ["died", "gone", "gone", OK];
    const { send, drained, delivered, buried } = brokerOf(() => answers.shift() ?? OK);
    send("a");
    await drained();
    expect(delivered.map((batch) => batch[0]?.attempts)).toEqual([1, 2, 2, 2]);
    expect(buried).toEqual([]);
  });

  test("what fails every time ends as a dead letter, once", async () => {
    const { send, drained, buried, delivered } = brokerOf(() => "died");
    send("a");
    await drained();
    expect(delivered).toHaveLength(3);
    expect(buried).toEqual(["a"]);
  });

  test("repeats what was acknowledged, when it is asked to be so unkind", async () => {
    const repeats = [true, false];
    const { send, drained, delivered } = brokerOf(() => OK, { repeats: () => repeats.shift() ?? false });
    send("a");
    await drained();
    expect(delivered.map((batch) => batch[0]?.id)).toEqual(["a", "a"]);
  });

  test("counts operations as they are billed: written, read, deleted, and read again for every retry", async () => {
    const answers: Delivered[] = ["died", OK];
    const { broker, send, drained } = brokerOf(() => answers.shift() ?? OK);
    send("a");
    await drained();
    expect(broker.use).toMatchObject({ messages: 1, operations: 4, batches: 2, retried: 1 });
  });
});

describe("the door of the queues, as a sender of the runtime finds it", () => {
  const send = ({ port }: OutsideQueues, queue: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/message`, { method: "POST", headers: { "x-queue": queue }, body: "x" });

  test("a send that is refused takes nothing, and the other queues go on", async () => {
    const queues = await OutsideQueues.open({ refuses: (queue) => queue === "events" });
    expect([(await send(queues, "events")).status, (await send(queues, "orders")).status]).toEqual([500, 200]);
    expect([queues.use("events").messages, queues.use("orders").messages]).toEqual([0, 1]);
    await queues.close();
  });

  test("empty ones can be opened in their place, at the same ports", async () => {
    const first = await OutsideQueues.open({ holdsMs: () => 60_000 });
    await send(first, "orders");
    expect(first.backlog).toBe(1);
    await first.close();
    const second = await OutsideQueues.open({ ports: [first.port, first.gatePort] });
    expect(second.backlog).toBe(0);
    expect((await send(second, "orders")).status).toBe(200);
    await second.close();
  });
});
