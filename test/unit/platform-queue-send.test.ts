/** Goal: whatever is due together can leave. Threat: a queue refuses a batch that is too large as a whole, and so the same rows for ever. */
import { expect, test } from "vitest";
import { sendMessages } from "../../src/platform/queue-send.ts";

const queueOf = (script: (batch: number) => void = () => {}) => {
  const batches: unknown[][] = [];
  const sendBatch = async (messages: Iterable<MessageSendRequest>) => {
    script(batches.length);
    batches.push(Array.from(messages, ({ body }) => body));
    return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } } as QueueSendBatchResponse;
  };
  return { batches, sendBatch };
};

test("at most 100 messages go in one call", async () => {
  const queue = queueOf();
  const messages = Array.from({ length: 250 }, (_, n) => ({ n }));
  await sendMessages(queue, messages);
  expect(queue.batches.map((batch) => batch.length)).toEqual([100, 100, 50]);
  expect(queue.batches.flat()).toEqual(messages);
});

test("long messages are spread over calls, by bytes and not by characters", async () => {
  const queue = queueOf();
  await sendMessages(
    queue,
    Array.from({ length: 5 }, () => "é".repeat(40_000)),
  );
  expect(queue.batches.map((batch) => batch.length)).toEqual([2, 2, 1]);
});

test("few and short ones stay together", async () => {
  const queue = queueOf();
  await sendMessages(queue, [1, 2, 3]);
  expect(queue.batches).toEqual([[1, 2, 3]]);
});

test("one call that is refused refuses them all: they come again under the same ids", async () => {
  const queue = queueOf((batch) => {
    if (batch === 1) throw new Error("Queue is overloaded");
  });
  await expect(
    sendMessages(
      queue,
      Array.from({ length: 150 }, (_, n) => n),
    ),
  ).rejects.toThrow("overloaded");
});
