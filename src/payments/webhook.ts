import { log } from "../platform/log.ts";
import { problemResponse } from "../platform/problem.ts";
import type { PaymentContext } from "./context.ts";
import { reportFact, webhookFact } from "./facts.ts";
import { orderOf } from "./ownership.ts";
import { recordRejection, type Rejection } from "./rejected-webhooks.ts";
import { callStripe } from "./stripe-call.ts";
import { eventSchema, readEvent, type Reading, type StripeEvent } from "./webhook-events.ts";
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
  const verified = await verifyWebhook(
    call.body,
    call.headers.get("stripe-signature") ?? undefined,
    context.settings.webhookSecrets,
  );
  if (!verified.ok) return refuse(call, verified, db, context);
  const parsed = eventSchema.safeParse(verified.event);
  if (!parsed.success) {
    return refuse(call, { reason: "malformed_event", detail: "The body is not a Stripe event." }, db, context);
  }
  const event = parsed.data;
  try {
    return await act(await ownedReading(event, context), event, call, db, context);
  } catch (error) {
    log("error", "webhook_failed", { ...idsOf(event, call), error: String(error) });
    return unavailable(call, "The event could not be passed on.");
  }
}

async function act(
  reading: Reading,
  event: StripeEvent,
  call: WebhookCall,
  db: D1Database,
  context: PaymentContext,
): Promise<Response> {
  switch (reading.kind) {
    case "fact": {
      const { orderId, fact } = reading;
      await reportFact(context.ordersQueue, webhookFact({ orderId, requestId: call.requestId }, event.id, fact));
      return Response.json({ received: true, handled: true });
    }
    case "ignored":
      return setAside(reading.reason, event, call);
    case "ask_intent":
      throw new Error("an intent without an order was asked for its order again");
    case "mismatch":
    case "needs_person": {
      const reason = reading.kind === "mismatch" ? "schema_mismatch" : reading.reason;
      log("error", "webhook_needs_person", { ...idsOf(event, call), reason, detail: reading.detail });
      const rejection = { reason, detail: reading.detail, eventId: event.id, eventType: event.type };
      if (await record(call, rejection, db, context)) return setAside(reason, event, call);
      return unavailable(call, "The event could not be stored.");
    }
  }
}

/** Follows a refund without our metadata to its intent. Refunds by hand are rare, so this may cost a call. */
async function ownedReading(event: StripeEvent, context: PaymentContext): Promise<Reading> {
  const reading = readEvent(event);
  if (reading.kind !== "ask_intent") return reading;
  const result = await callStripe(context, "payment_intents.retrieve", () =>
    context.stripe.paymentIntents.retrieve(reading.intent),
  );
  if (result.kind === "rejected") return { kind: "ignored", reason: "not_our_order" };
  if (result.kind !== "answered") throw new Error(`the refunded intent could not be read: ${result.kind}`);
  const orderId = orderOf(result.value.metadata);
  return orderId === undefined ? { kind: "ignored", reason: "not_our_order" } : reading.factFor(orderId);
}

function setAside(reason: string, event: StripeEvent, call: WebhookCall): Response {
  log("info", "webhook_set_aside", { ...idsOf(event, call), reason });
  return Response.json({ received: true, handled: false, reason });
}

/** Not from Stripe, or not an event: the sender's fault, kept for the webhook debugger. */
async function refuse(
  call: WebhookCall,
  { reason, detail }: { readonly reason: "bad_signature" | "malformed_event"; readonly detail: string },
  db: D1Database,
  context: PaymentContext,
): Promise<Response> {
  log("warn", "webhook_refused", { requestId: call.requestId, reason, detail });
  await record(call, { reason, detail }, db, context);
  const title = reason === "bad_signature" ? "The webhook's signature is not valid" : "The webhook is not an event";
  return problemResponse(400, reason, title, detail, { instance: call.path, request_id: call.requestId });
}

const record = (
  call: WebhookCall,
  rejection: Omit<Rejection, "headers" | "payload">,
  db: D1Database,
  context: PaymentContext,
): Promise<boolean> => recordRejection(db, { ...rejection, headers: call.headers, payload: call.body }, context.now());

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
