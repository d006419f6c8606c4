import type { PaymentsMessage } from "../domain/messages.ts";
import { backoffMs } from "../platform/backoff.ts";
import { log } from "../platform/log.ts";
import type { Verdict } from "../platform/queue-batch.ts";

/** Cloudflare delays a message by at most 24 hours; nothing here waits that long. */
const DELAY_MAX_S = 15 * 60;
const PERSON_BASE_MS = 60_000;
const PERSON_MAX_MS = 15 * 60_000;

/**
 * Options for sending a message to our own queue again. Used instead of a retry when nothing failed but there was no slot: a retry
 * would use up the message's attempts, and a throttled charge would end in the dead letters.
 */
export const sendAnew = (delayMs: number): { delaySeconds: number } => ({
  delaySeconds: Math.min(Math.max(1, Math.ceil(delayMs / 1_000)), DELAY_MAX_S),
});

/**
 * Something that only a person can put right, e.g. a revoked key. Nothing was done and the shopper's order must not pay for it, so the
 * message is retried, with growing delays, and ends in the dead letters, from where it is replayed.
 */
export function waitForPerson(event: string, message: PaymentsMessage, attempts: number, error: string): Verdict {
  log("error", event, {
    orderId: message.orderId,
    messageId: message.id,
    requestId: message.requestId,
    attempts,
    error,
  });
  return { retryAfterSeconds: Math.ceil(backoffMs(attempts, PERSON_BASE_MS, PERSON_MAX_MS) / 1_000) };
}
