import type * as z from "zod";
import { shopQueue } from "../domain/queue-names.ts";
import { backoffMs } from "./backoff.ts";
import { log } from "./log.ts";

/** What becomes of a message: done, or delivered again after that many seconds (and dead-lettered once its retries are used up). */
export type Verdict = "ack" | { readonly retryAfterSeconds: number };

/** The part of the platform's message that consumers use. `attempts` counts deliveries from 1. */
export type RawMessage = Pick<Message, "id" | "body" | "attempts" | "ack" | "retry">;
export interface RawBatch {
  readonly queue: string;
  readonly messages: readonly RawMessage[];
}

export interface Delivery<T> {
  readonly body: T;
  readonly message: RawMessage;
}

const RETRY_BASE_S = 5;
const RETRY_MAX_S = 300;
const ISSUES_LOGGED = 5;

/** Seconds until the next delivery of a message that failed: 5, 10, 20, ... with jitter. */
export const retryAfterSeconds = (attempts: number): number =>
  Math.max(1, Math.round(backoffMs(attempts, RETRY_BASE_S * 1_000, RETRY_MAX_S * 1_000) / 1_000));

/**
 * The messages of a batch that parse. One that does not is logged with the reason and retried at once: Cloudflare has no call that
 * dead-letters a message, it gets there by using up its retries. Its neighbours are not touched.
 */
export function parseBatch<S extends z.ZodType>(batch: RawBatch, schema: S): Delivery<z.output<S>>[] {
  return batch.messages.flatMap((message) => {
    const parsed = schema.safeParse(message.body);
    if (parsed.success) return [{ body: parsed.data, message }];
    const reasons = parsed.error.issues.slice(0, ISSUES_LOGGED);
    log("error", "message_unparseable", {
      queue: shopQueue(batch.queue),
      messageId: message.id,
      attempts: message.attempts,
      reasons: reasons.map((issue) => `/${issue.path.join("/")}: ${issue.message}`),
    });
    message.retry();
    return [];
  });
}

/**
 * Handles each message on its own, at most `concurrency` at a time, and acknowledges or retries each on its own. A handler that throws
 * has its message retried with a growing delay; no message can fail another.
 */
export async function settleEach<T>(
  deliveries: readonly Delivery<T>[],
  concurrency: number,
  handle: (delivery: Delivery<T>) => Promise<Verdict>,
): Promise<void> {
  // One iterator shared by all lanes: each takes the next message when it is done with its last.
  const rest = deliveries.values();
  const lane = async (): Promise<void> => {
    for (const delivery of rest) await settle(delivery, handle);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, deliveries.length) }, lane));
}

async function settle<T>(delivery: Delivery<T>, handle: (delivery: Delivery<T>) => Promise<Verdict>): Promise<void> {
  const { message } = delivery;
  try {
    const verdict = await handle(delivery);
    if (verdict === "ack") message.ack();
    else message.retry({ delaySeconds: verdict.retryAfterSeconds });
  } catch (error) {
    const delaySeconds = retryAfterSeconds(message.attempts);
    log("error", "message_failed", {
      messageId: message.id,
      attempts: message.attempts,
      retryAfterS: delaySeconds,
      error: String(error),
    });
    message.retry({ delaySeconds });
  }
}

/** The usual consumer: parse, handle each with bounded concurrency, ack or retry one by one. */
export async function consumeBatch<S extends z.ZodType>(
  batch: RawBatch,
  schema: S,
  concurrency: number,
  handle: (delivery: Delivery<z.output<S>>) => Promise<Verdict>,
): Promise<void> {
  await settleEach(parseBatch(batch, schema), concurrency, handle);
}
