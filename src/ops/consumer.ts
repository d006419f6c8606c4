import { textOf } from "../domain/message-text.ts";
import { shopQueue } from "../domain/queue-names.ts";
import { log } from "../platform/log.ts";
import { retryAfterSeconds } from "../platform/queue-batch.ts";
import { wakeBook } from "./alerts/book.ts";
import { isDeadQueue, LIVE_QUEUES } from "./dead-queues.ts";

/** The longest body that is kept, in characters; a queue message has at most 128 KB. */
const BODY_CHARS = 128 * 1024;

/**
 * Keeps what ran out of retries. The object stores a letter under the platform's message id, so a batch that is delivered twice is
 * stored once; the ack waits for the store.
 */
export async function storeDeadLetters(batch: MessageBatch, env: OpsEnv): Promise<void> {
  const queue = shopQueue(batch.queue);
  const letters = batch.messages.map(({ id, body, attempts, timestamp }) => ({
    messageId: id,
    body: (textOf(body) ?? "null").slice(0, BODY_CHARS),
    attempts,
    at: timestamp.getTime(),
  }));
  try {
    await env.DEAD_LETTERS.getByName(queue).add(letters, isDeadQueue(queue) ? LIVE_QUEUES[queue] : undefined);
    batch.ackAll();
    await wakeBook(env);
    log("error", "dead_letters_stored", { queue, message_ids: letters.map(({ messageId }) => messageId) });
  } catch (error) {
    log("error", "dead_letters_not_stored", { queue, count: letters.length, error: String(error) });
    const attempts = Math.max(1, ...batch.messages.map((message) => message.attempts));
    batch.retryAll({ delaySeconds: retryAfterSeconds(attempts) });
  }
}
