import type Stripe from "stripe";
import type { PaymentsMessage } from "../domain/messages.ts";
import type { PaymentFact } from "../domain/order-record.ts";
import { log } from "../platform/log.ts";
import type { Verdict } from "../platform/queue-batch.ts";
import { sendMessage } from "../platform/queue-send.ts";
import type { PaymentContext } from "./context.ts";
import { apiFact, reportFact, stamp } from "./facts.ts";
import { factOfIntent } from "./outcome.ts";
import { callStripe } from "./stripe-call.ts";
import { sendAnew, waitForPerson } from "./verdicts.ts";

export type ResolveMessage = Extract<PaymentsMessage, { type: "payment.resolve" }>;

/** The span in which calls of one attempt were under way, UTC ms. */
export interface CallSpan {
  readonly firstSentAt: number;
  readonly lastSentAt: number;
  /** Somebody else's call may have been among them, whose PaymentIntent says nothing of our order. */
  readonly keyConflict?: boolean | undefined;
}

const PAGE_SIZE = 100;
/** 20,000 intents: more than 100 calls per second can create in the longest span that one delivery of a charge produces. */
const PAGES_MAX = 200;
/** How far Stripe's clock may be behind ours, and how long it may sit on a request before it dates the intent. */
const CLOCK_SKEW_S = 5;
const LATE_CREATION_S = 120;
const RECHECK_MIN_MS = 5_000;
const RECHECK_MAX_MS = 60_000;
const UNKNOWN_CALL = "the key was used by a call that left no PaymentIntent of this order and attempt";

/** Puts the question aside. The first look is soon; while nothing is found the looks become rarer. */
export async function resolveLater(
  message: PaymentsMessage & { readonly attempt: number },
  span: CallSpan,
  context: PaymentContext,
): Promise<void> {
  const { orderId, attempt, requestId } = message;
  const resolve: ResolveMessage = {
    v: 1,
    type: "payment.resolve",
    id: `${orderId}:resolve:${attempt}`,
    requestId,
    orderId,
    attempt,
    firstSentAt: Math.max(0, span.firstSentAt),
    lastSentAt: span.lastSentAt,
    keyConflict: span.keyConflict,
  };
  const waitMs = Math.min(Math.max(RECHECK_MIN_MS, context.now() - span.lastSentAt), RECHECK_MAX_MS);
  await sendMessage(context.paymentsQueue, resolve, sendAnew(waitMs));
}

/**
 * Finds out what became of a charge whose answer never came, by looking for its PaymentIntent. Only when Stripe has had
 * `settleMs` and still shows none did it not happen, and only then may the order try again under the next key. Never after a key conflict: what
 * was done under that key is not to be told by metadata which another caller may not have written.
 */
export async function resolve(message: ResolveMessage, attempts: number, context: PaymentContext): Promise<Verdict> {
  const { orderId, attempt, lastSentAt } = message;
  const lookedAt = context.now();
  const search = await findIntent(message, context);
  const report = (fact: PaymentFact, at: number): Promise<void> =>
    reportFact(context, apiFact(message, stamp(fact, attempt, at)));

  switch (search.kind) {
    case "found": {
      const fact = factOfIntent(search.intent);
      if (fact) {
        await report(fact, lookedAt);
        return "ack";
      }
      log("error", "intent_status_unknown", { orderId, intent: search.intent.id, status: search.intent.status });
      break;
    }
    case "absent":
      if (lookedAt - lastSentAt > context.settings.settleMs) {
        if (message.keyConflict) return waitForPerson("resolve_key_conflict", message, attempts, UNKNOWN_CALL);
        const error = { code: "psp_unavailable", message: "The payment provider did not answer." };
        // True since the last call. Dated now, it could outrank the next attempt's intent should Stripe's clock be behind ours.
        await report({ type: "failed", retryable: true, error }, lastSentAt);
        return "ack";
      }
      break;
    case "unclear":
      log("warn", "charge_still_indefinite", { orderId, attempt, error: search.message });
      break;
    case "misconfigured":
      return waitForPerson("resolve_misconfigured", message, attempts, search.message);
  }
  await resolveLater(message, message, context);
  return "ack";
}

type Search =
  | { readonly kind: "found"; readonly intent: Stripe.PaymentIntent }
  | { readonly kind: "absent" }
  | { readonly kind: "unclear"; readonly message: string }
  | { readonly kind: "misconfigured"; readonly message: string };

/** Lists, newest first, what was created while our calls were under way. Stripe's search would be shorter, but lags behind by a minute. */
async function findIntent(message: ResolveMessage, context: PaymentContext): Promise<Search> {
  const created = {
    gte: Math.floor(message.firstSentAt / 1_000) - CLOCK_SKEW_S,
    lte: Math.ceil(message.lastSentAt / 1_000) + LATE_CREATION_S,
  };
  let after: string | undefined;
  for (let page = 1; page <= PAGES_MAX; page++) {
    const params = { created, limit: PAGE_SIZE, ...(after !== undefined && { starting_after: after }) };
    const result = await callStripe(context, "payment_intents.list", () => context.stripe.paymentIntents.list(params));
    if (result.kind === "misconfigured") return result;
    if (result.kind !== "answered") return { kind: "unclear", message: `listing ended ${result.kind}` };
    const { data, has_more: hasMore } = result.value;
    const intent = data.find((candidate) => isOf(candidate, message));
    if (intent) return { kind: "found", intent };
    after = data.at(-1)?.id;
    if (!hasMore || after === undefined) return { kind: "absent" };
  }
  return { kind: "unclear", message: `not among the first ${PAGES_MAX * PAGE_SIZE} intents` };
}

const isOf = ({ metadata }: Stripe.PaymentIntent, message: ResolveMessage): boolean =>
  metadata["order_id"] === message.orderId && metadata["attempt"] === String(message.attempt);
