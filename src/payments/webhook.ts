import { mismatchesOf, mismatchText } from "../domain/mismatch.ts";
import { log } from "../platform/log.ts";
import { problemResponse } from "../platform/problem.ts";
import type { PaymentContext } from "./context.ts";
import { type Explanation, recordRejection, type Rejection } from "./rejected-webhooks.ts";
import { eventSchema, type StripeEvent } from "./webhook-events.ts";
import { type Intake, takeIn } from "./webhook-intake.ts";
import { verifyWebhook } from "./webhook-signature.ts";

/** One call of our webhook endpoint, body untouched: the signature covers its very bytes. */
export interface WebhookCall {
  readonly body: string;
  readonly headers: Headers;
  readonly path: string;
  readonly requestId: string;
}

const RETRY_AFTER_S = "30";

/**
 * Takes in one webhook. Stripe disables endpoints that keep failing, so what is not ours gets 200; what is ours gets 200 only when it is
 * safe with a queue or in a table, and 503 otherwise, upon which Stripe delivers it again for up to three days.
 */
export async function receiveWebhook(call: WebhookCall, db: D1Database, context: PaymentContext): Promise<Response> {
  const record = (rejection: Omit<Rejection, "headers" | "payload">): Promise<boolean> =>
    recordRejection(db, { ...rejection, headers: call.headers, payload: call.body }, context.now());
  const signature = call.headers.get("stripe-signature") ?? undefined;
  const verified = await verifyWebhook(call.body, signature, context.settings.webhookSecrets);
  if (!verified.ok) {
    const { reason, detail } = verified;
    // Beyond the limit the log line is all that is left of it. What Stripe has signed is always kept.
    if (await context.mayKeepRefusal()) await record({ status: "refused", explanation: { reason, detail } });
    return refusal(call, { reason, detail });
  }
  const parsed = eventSchema.safeParse(verified.event);
  if (!parsed.success) {
    const mismatches = mismatchesOf(parsed.error, verified.event);
    const explanation = { reason: "malformed_event", detail: mismatchText(mismatches), mismatch: mismatches[0] };
    // Signed by Stripe, so it is an event whatever we think of it: it may be replayed once `eventSchema` knows better.
    await record({ status: "waiting", explanation });
    return refusal(call, explanation);
  }
  const event = parsed.data;
  try {
    const intake = await takeIn(event, call.requestId, context);
    if (intake.kind !== "rejected") return accepted(intake, event, call);
    const { explanation } = intake;
    log("error", "webhook_not_understood", { ...idsOf(event, call), ...explanation });
    if (!(await record({ status: "waiting", explanation, event }))) {
      return unavailable(call, "The event could not be stored.");
    }
    return accepted({ kind: "ignored", reason: explanation.reason }, event, call);
  } catch (error) {
    log("error", "webhook_failed", { ...idsOf(event, call), error: String(error) });
    return unavailable(call, "The event could not be passed on.");
  }
}

function accepted(intake: Exclude<Intake, { kind: "rejected" }>, event: StripeEvent, call: WebhookCall): Response {
  if (intake.kind === "handled") return Response.json({ received: true, handled: true });
  const { reason } = intake;
  log("info", "webhook_set_aside", { ...idsOf(event, call), reason });
  return Response.json({ received: true, handled: false, reason });
}

/** Not from Stripe, or not an event: the sender's fault. A stale signature is a bad one to the sender, and told apart only in our records. */
function refusal(call: WebhookCall, { reason, detail }: Explanation): Response {
  log("warn", "webhook_refused", { requestId: call.requestId, reason, detail });
  const extra = { instance: call.path, request_id: call.requestId };
  return reason === "malformed_event"
    ? problemResponse(400, reason, "The webhook is not an event", detail, extra)
    : problemResponse(400, "bad_signature", "The webhook's signature is not valid", detail, extra);
}

const unavailable = (call: WebhookCall, detail: string): Response =>
  problemResponse(
    503,
    "try_again",
    "The webhook could not be taken in",
    detail,
    { instance: call.path, request_id: call.requestId },
    { "retry-after": RETRY_AFTER_S },
  );

const idsOf = (event: StripeEvent, call: WebhookCall): Record<"eventId" | "eventType" | "requestId", string> => ({
  eventId: event.id,
  eventType: event.type,
  requestId: call.requestId,
});
