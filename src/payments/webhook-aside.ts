import * as z from "zod";
import { log } from "../platform/log.ts";
import { problemResponse } from "../platform/problem.ts";
import { sendMessage } from "../platform/queue-send.ts";
import type { PaymentContext } from "./context.ts";
import { orderOf } from "./ownership.ts";
import { recordRejection } from "./rejected-webhooks.ts";
import { eventSchema, readEvent, type StripeEvent } from "./webhook-events.ts";
import { verifyWebhook } from "./webhook-signature.ts";
import type { WebhookCall } from "./webhook.ts";

/** The little that is read of an event when its readers are not trusted: which intent of which order it is about. */
const subjectSchema = z.object({
  id: z.string().max(255),
  object: z.string().max(100),
  metadata: z.record(z.string(), z.string()).catch({}),
});

/**
 * The safe way to take in an event while the path that reads events is closed: nothing of the payload is believed. An order of ours that it names has the
 * provider asked what is true; whatever else may be ours is kept, to be replayed when the path is open again.
 */
export async function lookUpWebhook(call: WebhookCall, db: D1Database, context: PaymentContext): Promise<Response> {
  const event = await verifiedEvent(call, context);
  if (!event) return Response.json({ received: true, handled: false, reason: "not_verified" });
  if (!Object.hasOwn(context.readers, event.type)) {
    return Response.json({ received: true, handled: false, reason: "event_type_not_used" });
  }
  const subject = subjectSchema.safeParse(event.data.object).data;
  const orderId = orderOf(subject?.metadata);
  if (subject?.object === "payment_intent" && orderId !== undefined) {
    const { requestId } = call;
    const message = {
      v: 1,
      type: "payment.lookup",
      id: `lookup:${event.id}`,
      requestId,
      orderId,
      intent: subject.id,
    } as const;
    try {
      await sendMessage(context.paymentsQueue, message);
    } catch (error) {
      log("error", "webhook_failed", { eventId: event.id, eventType: event.type, requestId, error: String(error) });
      return unavailable(call);
    }
    return Response.json({ received: true, handled: true, looked_up: subject.id });
  }
  if (!mayBeOurs(subject)) return Response.json({ received: true, handled: false, reason: "not_our_order" });
  const explanation = { reason: "path_closed", detail: `${event.type} came while the path was closed`, orderId };
  const row = { status: "waiting", explanation, event, headers: call.headers, payload: call.body } as const;
  const isKept = await recordRejection(db, row, context.now());
  return isKept ? Response.json({ received: true, handled: false, reason: "path_closed" }) : unavailable(call);
}

/** Says whether the readers understand the event. Nothing is sent, stored or asked. */
export async function dryRunWebhook(call: WebhookCall, context: PaymentContext): Promise<Response> {
  const event = await verifiedEvent(call, context);
  if (!event) return Response.json({ received: true, handled: false, reason: "not_verified" });
  const reading = readEvent(event, context.readers);
  switch (reading.kind) {
    case "fact":
    case "ask_intent":
      return Response.json({ received: true, handled: true, dry_run: true });
    case "mismatch":
      return Response.json({ received: true, handled: false, reason: "schema_mismatch", dry_run: true });
    case "unknown_order":
      return Response.json({ received: true, handled: false, reason: "unknown_order", dry_run: true });
    case "needs_person":
    case "ignored":
      return Response.json({ received: true, handled: false, reason: reading.reason, dry_run: true });
  }
}

async function verifiedEvent(call: WebhookCall, context: PaymentContext): Promise<StripeEvent | undefined> {
  const signature = call.headers.get("stripe-signature") ?? undefined;
  const verified = await verifyWebhook(call.body, signature, context.settings.webhookSecrets);
  return verified.ok ? eventSchema.safeParse(verified.event).data : undefined;
}

/** Refunds and disputes need not name their order. A PaymentIntent does, or is somebody else's. */
function mayBeOurs(subject: z.infer<typeof subjectSchema> | undefined): boolean {
  if (subject?.object === "payment_intent") return false;
  return subject?.metadata["order_id"] === undefined || orderOf(subject.metadata) !== undefined;
}

const unavailable = (call: WebhookCall): Response =>
  problemResponse(
    503,
    "try_again",
    "The webhook could not be taken in",
    "What it may mean to this shop could not be kept.",
    { instance: call.path, request_id: call.requestId },
    { "retry-after": "30" },
  );
