import { DURATION_MS } from "../domain/limits.ts";
import { hasColumns, textOf } from "../domain/message-text.ts";
import { inTime } from "./in-time.ts";

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
  options: QueueSendOptions = {},
): Promise<void> {
  await inTime(queue.send(message, options), DURATION_MS.queueSend, "queue send");
}

/**
 * The same for several messages, in one call if the queue's limits allow it. Rejects unless all were taken; the first of several calls may
 * have been, so here too the caller sends all of them again under the same ids.
 */
export async function sendMessages<M>(queue: Pick<Queue<M>, "sendBatch">, messages: readonly M[]): Promise<void> {
  // One message is one call, whatever its size.
  const sizeOf = messages.length > 1 ? bytesOf : () => 0;
  const sized = messages.map((body) => ({ body, contentType: contentTypeOf(body), bytes: sizeOf(body) }));
  for (const batch of batchesOf(sized)) await sendBatch(queue, batch);
}

/** A message with its size, for whoever knows it: packed ones are not JSON that could be measured here. */
export interface SizedMessage<M> {
  readonly body: M;
  readonly contentType: "json" | "v8";
  readonly bytes: number;
}

/** The same for messages of both kinds, which the queue takes together or not at all as long as they fit into one call. */
export async function sendSized<M>(
  queue: Pick<Queue<M>, "send" | "sendBatch">,
  messages: readonly SizedMessage<M>[],
): Promise<void> {
  const [first, ...rest] = messages;
  if (first === undefined) return;
  if (rest.length === 0) return sendMessage(queue, first.body, { contentType: first.contentType });
  for (const batch of batchesOf(messages)) await sendBatch(queue, batch);
}

async function sendBatch<M>(queue: Pick<Queue<M>, "sendBatch">, messages: readonly SizedMessage<M>[]): Promise<void> {
  const sent = queue.sendBatch(messages.map(({ body, contentType }) => ({ body, contentType })));
  await inTime(sent, DURATION_MS.queueSend, "queue send");
}

/** Typed arrays get through a queue as they are, but not as JSON. */
const contentTypeOf = (body: unknown): "json" | "v8" =>
  typeof body === "object" && body !== null && hasColumns(body) ? "v8" : "json";

/** Without this a few long messages that are due together would be refused together, again and again. */
function batchesOf<M>(messages: readonly SizedMessage<M>[]): SizedMessage<M>[][] {
  if (messages.length <= 1) return [[...messages]];
  const batches: SizedMessage<M>[][] = [];
  let total = Infinity;
  for (const message of messages) {
    const last = batches.at(-1);
    if (last && last.length < BATCH_MESSAGES_MAX && total + message.bytes <= BATCH_BYTES_MAX) {
      last.push(message);
      total += message.bytes;
    } else {
      batches.push([message]);
      total = message.bytes;
    }
  }
  return batches;
}

/** Of a message as text, which is what it takes as JSON and more than it takes as columns. */
export const bytesOf = (message: unknown): number => new TextEncoder().encode(textOf(message)).byteLength;
