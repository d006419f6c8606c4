import { DURATION_MS } from "../domain/limits.ts";
import { hasColumns, textOf } from "../domain/message-text.ts";

/** What a queue takes in one call: 100 messages and 256 KB in all, of which a little is left for the envelopes. */
const BATCH_MESSAGES_MAX = 100;
const BATCH_BYTES_MAX = 240_000;

/**
 * Sends one message, and rejects when the queue has not taken it within `DURATION_MS.queueSend`: a send may also hang. The message may have
 * been taken all the same, so whoever tries again sends the same deterministic id.
 */
export async function sendMessage<M>(
  queue: Pick<Queue<M>, "send">,
  message: M,
  options: { readonly delaySeconds?: number } = {},
): Promise<void> {
  await inTime(queue.send(message, options));
}

/**
 * The same for several messages, in one call if the queue's limits allow it. Rejects unless all were taken; the first of several calls may
 * have been, so here too the caller sends all of them again under the same ids.
 */
export async function sendMessages<M>(queue: Pick<Queue<M>, "sendBatch">, messages: readonly M[]): Promise<void> {
  for (const batch of batchesOf(messages))
    await inTime(queue.sendBatch(batch.map((body) => ({ body, ...contentType(body) }))));
}

/** Typed arrays get through a queue as they are, but not as JSON. */
const contentType = (body: unknown): { contentType?: "v8" } =>
  typeof body === "object" && body !== null && hasColumns(body) ? { contentType: "v8" } : {};

/** Without this a few long messages that are due together would be refused together, again and again. */
function batchesOf<M>(messages: readonly M[]): M[][] {
  if (messages.length <= 1) return [[...messages]];
  const batches: M[][] = [];
  let bytes = Infinity;
  for (const message of messages) {
    const size = new TextEncoder().encode(textOf(message)).byteLength;
    const last = batches.at(-1);
    if (last && last.length < BATCH_MESSAGES_MAX && bytes + size <= BATCH_BYTES_MAX) {
      last.push(message);
      bytes += size;
    } else {
      batches.push([message]);
      bytes = size;
    }
  }
  return batches;
}

/** The timer is cleared: in a Durable Object a pending one would keep the object awake and billed. */
async function inTime<T>(send: Promise<T>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const ms = DURATION_MS.queueSend;
    timer = setTimeout(() => reject(new Error(`queue send took longer than ${ms} ms`)), ms);
  });
  try {
    await Promise.race([send, late]);
  } finally {
    clearTimeout(timer);
  }
}
