import * as z from "zod";
import type { StampedPaymentFact } from "../domain/order-record.ts";
import { stamp } from "./facts.ts";
import { factOfIntent } from "./outcome.ts";
import { attemptOf, orderOf } from "./ownership.ts";
import { factOfRefund } from "./refund.ts";

/** What is read of an event. Everything else may change with Stripe's API version, and with what a shop has enabled. */
export const eventSchema = z.object({
  id: z.string().min(1).max(150),
  type: z.string().min(1).max(150),
  created: z.int().min(0),
  data: z.object({ object: z.unknown() }),
});
export type StripeEvent = z.infer<typeof eventSchema>;

/** What an event means to us. */
export type Reading =
  | { readonly kind: "fact"; readonly orderId: string; readonly fact: StampedPaymentFact }
  /** Ours, and we cannot read it: kept for a person. */
  | { readonly kind: "mismatch"; readonly detail: string }
  /** Ours, readable, and not something that an order can deal with. */
  | { readonly kind: "needs_person"; readonly reason: string; readonly detail: string }
  /** A refund that does not name its order, as the dashboard makes them: its intent does. */
  | { readonly kind: "ask_intent"; readonly intent: string; readonly factFor: (orderId: string) => Reading }
  | { readonly kind: "ignored"; readonly reason: string };

type Reader = (event: StripeEvent) => Reading;

/**
 * Each refund is reported by `refund.*`, which come for every kind of refund since API version 2024-10-28; `charge.refunded` tells of the
 * same refunds without their ids and is left out, as is `charge.refund.updated`.
 */
const READERS: Readonly<Record<string, Reader>> = {
  "payment_intent.succeeded": readIntent,
  "payment_intent.payment_failed": readIntent,
  "payment_intent.processing": readIntent,
  "payment_intent.requires_action": readIntent,
  "payment_intent.canceled": readIntent,
  "refund.created": readRefund,
  "refund.updated": readRefund,
  "refund.failed": readRefund,
  "charge.dispute.created": readDispute,
  "charge.dispute.updated": readDispute,
  "charge.dispute.closed": readDispute,
};

export function readEvent(event: StripeEvent): Reading {
  const reader = Object.hasOwn(READERS, event.type) ? READERS[event.type] : undefined;
  return reader ? reader(event) : { kind: "ignored", reason: "event_type_not_used" };
}

const metadata = z.record(z.string(), z.string());
const ownedSchema = z.object({ metadata: metadata.nullish() });

const errorSchema = z.object({
  code: z.string().nullish(),
  decline_code: z.string().nullish(),
  message: z.string().nullish(),
});
const intentSchema = z.object({
  id: z.string().min(1).max(255),
  status: z.string().max(100),
  amount_received: z.int().min(0),
  currency: z.string().length(3),
  client_secret: z
    .string()
    .max(500)
    .nullish()
    .transform((secret) => secret ?? null),
  next_action: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((action) => action ?? null),
  last_payment_error: errorSchema.nullish().transform((error) => error ?? null),
});

/** The event's type only says when it was sent; the status in it says what is true. */
function readIntent(event: StripeEvent): Reading {
  const owned = ownedSchema.safeParse(event.data.object);
  const orderId = owned.success ? orderOf(owned.data.metadata) : undefined;
  if (!owned.success || orderId === undefined) return { kind: "ignored", reason: "not_our_order" };
  const intent = intentSchema.safeParse(event.data.object);
  if (!intent.success) return mismatch(intent.error);
  const fact = factOfIntent(intent.data);
  if (!fact) return { kind: "mismatch", detail: `/data/object/status: unknown status "${intent.data.status}"` };
  const attempt = attemptOf(owned.data.metadata);
  return { kind: "fact", orderId, fact: stamp(fact, attempt, event.created * 1_000) };
}

const refundSchema = z.object({
  id: z.string().min(1).max(255),
  status: z.string().max(100).nullable(),
  amount: z.int().min(0),
  currency: z.string().length(3),
  payment_intent: z.union([z.string(), z.object({ id: z.string() }).transform(({ id }) => id)]).nullish(),
});

function readRefund(event: StripeEvent): Reading {
  const owned = ownedSchema.safeParse(event.data.object);
  const named = owned.success ? orderOf(owned.data.metadata) : undefined;
  const parsed = refundSchema.safeParse(event.data.object);
  if (!parsed.success)
    return named === undefined ? { kind: "ignored", reason: "not_our_order" } : mismatch(parsed.error);
  const { payment_intent: intent, ...refund } = parsed.data;
  // Refunds of charges that were made without a PaymentIntent cannot be of an order.
  if (intent === null || intent === undefined) return { kind: "ignored", reason: "not_our_order" };

  const factFor = (orderId: string): Reading => {
    const request = owned.success ? owned.data.metadata?.["request"] : undefined;
    const fact = factOfRefund({ ...refund, intent, request });
    if (fact) return { kind: "fact", orderId, fact: stamp(fact, 0, event.created * 1_000) };
    return { kind: "ignored", reason: "refund_not_final" };
  };
  return named === undefined ? { kind: "ask_intent", intent, factFor } : factFor(named);
}

const disputeSchema = z.object({
  id: z.string().min(1).max(255),
  status: z.string().max(100),
  amount: z.int().min(0),
  reason: z.string().max(100),
  payment_intent: z.string().min(1).max(255).nullish(),
});

/** A dispute never names an order; its intent does. */
function readDispute(event: StripeEvent): Reading {
  const parsed = disputeSchema.safeParse(event.data.object);
  if (!parsed.success) return { kind: "ignored", reason: "not_our_order" };
  const { payment_intent: intent, ...dispute } = parsed.data;
  if (intent === null || intent === undefined) return { kind: "ignored", reason: "not_our_order" };
  const factFor = (orderId: string): Reading => ({
    kind: "fact",
    orderId,
    fact: stamp({ type: "disputed", intent, dispute }, 0, event.created * 1_000),
  });
  return { kind: "ask_intent", intent, factFor };
}

/** Where the event differs from what we read, as JSON pointers into it. */
function mismatch(error: z.ZodError): Reading {
  const detail = error.issues
    .slice(0, 5)
    .map((issue) => `/${["data", "object", ...issue.path].join("/")}: ${issue.message}`)
    .join("; ");
  return { kind: "mismatch", detail };
}
