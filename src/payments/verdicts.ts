import type { PaymentsMessage } from "../domain/messages.ts";
import { backoffMs } from "../platform/backoff.ts";
import { log } from "../platform/log.ts";
import type { Verdict } from "../platform/queue-batch.ts";
import { sendMessage } from "../platform/queue-send.ts";
import type { PaymentContext } from "./context.ts";
import type { CallResult } from "./stripe-call.ts";

/** Cloudflare delays a message by at most 24 hours; nothing here waits that long. */
const DELAY_MAX_S = 15 * 60;
const PERSON_BASE_MS = 60_000;
const PERSON_MAX_MS = 15 * 60_000;
/** How soon something is asked again that had no answer: as late as it has waited already, within these. */
const WAIT_MIN_MS = 5_000;
const WAIT_MAX_MS = 5 * 60_000;
/** Stripe has never been away for so long: whatever still has no answer is about this one question. */
const OUTAGE_MAX_MS = 7 * 24 * 60 * 60_000;

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

/** What can be asked again without a thought, under a key or because doing it twice is doing it once. */
type RepeatableMessage = Extract<PaymentsMessage, { type: "payment.lookup" | "payment.cancel" | "payment.refund" }>;

/** Begins the names of the lines in the log. */
type Question = "refund" | "cancel" | "lookup";

/** What becomes of a message whose call has not brought what it was for. Whenever it comes again, it comes whole. */
export async function verdictOf(
  what: Question,
  result: Exclude<CallResult<unknown>, { kind: "answered" }>,
  message: RepeatableMessage,
  attempts: number,
  context: PaymentContext,
): Promise<Verdict> {
  switch (result.kind) {
    case "deferred":
      await sendMessage(context.paymentsQueue, message, sendAnew(result.delayMs));
      return "ack";
    case "indefinite":
      return waitForStripe(what, message, attempts, context, result.message);
    case "declined":
    case "rejected":
      return waitForPerson(`${what}_${result.kind}`, message, attempts, result.error.message);
    case "key_conflict":
    case "misconfigured":
      return waitForPerson(`${what}_${result.kind}`, message, attempts, result.message);
  }
}

/**
 * Asks again later what Stripe did not answer, for as long as it is away. Not by a retry: a message has four deliveries, which an outage of a
 * minute uses up, and from the dead letters nothing asks by itself for a refund that a customer waits for (pitfall 28). After a week it is no
 * outage any more, and a person is asked.
 */
async function waitForStripe(
  what: Question,
  message: RepeatableMessage,
  attempts: number,
  context: Pick<PaymentContext, "paymentsQueue" | "now">,
  error: string,
): Promise<Verdict> {
  const { waitingSince = context.now() } = message;
  if (isBeyondOutage(waitingSince, context)) return waitForPerson(`${what}_unanswered`, message, attempts, error);
  const waitedMs = Math.max(0, context.now() - waitingSince);
  const delay = sendAnew(Math.min(Math.max(WAIT_MIN_MS, waitedMs), WAIT_MAX_MS));
  const { orderId, id: messageId, requestId } = message;
  log("warn", `${what}_waits`, { orderId, messageId, requestId, waitedMs, ...delay, error });
  await sendMessage(context.paymentsQueue, { ...message, waitingSince }, delay);
  return "ack";
}

export const isBeyondOutage = (waitingSince: number, { now }: Pick<PaymentContext, "now">): boolean =>
  now() - waitingSince > OUTAGE_MAX_MS;
