import { DURATION_MS } from "../domain/limits.ts";

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

/** The same for several messages in one call: all are taken or the call rejects. */
export async function sendMessages<M>(queue: Pick<Queue<M>, "sendBatch">, messages: readonly M[]): Promise<void> {
  await inTime(queue.sendBatch(messages.map((body) => ({ body }))));
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
