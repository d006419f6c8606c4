import * as z from "zod";
import { type Mismatch, mismatchesOf } from "../domain/mismatch.ts";
import type { StampedPaymentFact } from "../domain/order-record.ts";
import { stamp } from "./facts.ts";
import { factOfIntent } from "./outcome.ts";
import { attemptOf, isForeignOrder, orderOf } from "./ownership.ts";
import { factOfRefund } from "./refund.ts";

/** What is read of an event. Everything else may change with Stripe's API version, and with what a shop has enabled. */
export const eventSchema = z.object({
  id: z.string().min(1).max(150),
  type: z.string().min(1).max(150),
  created: z.int().min(0),
  /** Only to explain what could not be read: no version is refused for its name. */
  api_version: z.string().max(100).nullish().catch(undefined),
  data: z.object({ object: z.unknown() }),
});
export type StripeEvent = z.infer<typeof eventSchema>;

/** What an event means to us. */
export type Reading =
  | { readonly kind: "fact"; readonly orderId: string; readonly fact: StampedPaymentFact }
  /** Ours, or possibly ours, and we cannot read it: kept until the reader has been taught. */
  | {
      readonly kind: "mismatch";
      readonly mismatches: readonly [Mismatch, ...Mismatch[]];
      readonly orderId?: string | undefined;
    }
  /** Names an order as we do, but none that this shop can have. */
  | { readonly kind: "unknown_order"; readonly detail: string }
  /** Ours, readable, and not something that an order can deal with. */
  | { readonly kind: "needs_person"; readonly reason: string; readonly detail: string; readonly orderId: string }
  /** A refund that does not name its order, as the dashboard makes them: its intent does. */
  | { readonly kind: "ask_intent"; readonly intent: string; readonly factFor: (orderId: string) => Reading }
  | { readonly kind: "ignored"; readonly reason: string };

/** Says what one event means, from the event alone. A reader never throws: what it cannot read is a `mismatch`. */
export type Reader = (event: StripeEvent) => Reading;
export type Readers = Readonly<Record<string, Reader>>;

export function readEvent(event: StripeEvent, readers: Readers): Reading {
  // `hasOwn`: an event may be named like something that every object inherits.
  const reader = Object.hasOwn(readers, event.type) ? readers[event.type] : undefined;
  return reader ? reader(event) : { kind: "ignored", reason: "event_type_not_used" };
}

const metadata = z.record(z.string(), z.string());
const ownedSchema = z.object({ metadata });

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
export function readIntent(event: StripeEvent): Reading {
  const owned = ownedSchema.safeParse(event.data.object);
  // Every PaymentIntent has metadata, if only empty. One without may be ours as well as not, and money must not be missed for it.
  if (!owned.success) return mismatch(owned.error, event);
  if (isForeignOrder(owned.data.metadata)) return foreign(owned.data.metadata);
  const orderId = orderOf(owned.data.metadata);
  if (orderId === undefined) return { kind: "ignored", reason: "not_our_order" };
  const intent = intentSchema.safeParse(event.data.object);
  if (!intent.success) return mismatch(intent.error, event, orderId);
  const fact = factOfIntent(intent.data);
  if (!fact) {
    const actual = `the text ${JSON.stringify(intent.data.status)}`;
    return {
      kind: "mismatch",
      mismatches: [{ path: "/data/object/status", expected: "a status that is known here", actual }],
      orderId,
    };
  }
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

export function readRefund(event: StripeEvent): Reading {
  const owned = ownedSchema.safeParse(event.data.object);
  if (owned.success && isForeignOrder(owned.data.metadata)) return foreign(owned.data.metadata);
  const named = owned.success ? orderOf(owned.data.metadata) : undefined;
  const parsed = refundSchema.safeParse(event.data.object);
  // Also when it names no order: it may be a refund by hand of a payment that is ours.
  if (!parsed.success) return mismatch(parsed.error, event, named);
  const { payment_intent: intent, ...refund } = parsed.data;
  // Refunds of charges that were made without a PaymentIntent cannot be of an order.
  if (intent === null || intent === undefined) return { kind: "ignored", reason: "not_our_order" };

  const factFor = (orderId: string): Reading => {
    const request = owned.success ? owned.data.metadata["request"] : undefined;
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
export function readDispute(event: StripeEvent): Reading {
  const parsed = disputeSchema.safeParse(event.data.object);
  if (!parsed.success) return mismatch(parsed.error, event);
  const { payment_intent: intent, ...dispute } = parsed.data;
  if (intent === null || intent === undefined) return { kind: "ignored", reason: "not_our_order" };
  const factFor = (orderId: string): Reading => ({
    kind: "fact",
    orderId,
    fact: stamp({ type: "disputed", intent, dispute }, 0, event.created * 1_000),
  });
  return { kind: "ask_intent", intent, factFor };
}

/** What a reader answers when a schema refused the event's object. */
export function mismatch(error: z.ZodError, event: StripeEvent, orderId?: string): Reading {
  const [first, ...rest] = mismatchesOf(error, event.data.object, ["data", "object"]);
  if (!first) throw new Error("a schema refused a value without an issue");
  return { kind: "mismatch", mismatches: [first, ...rest], orderId };
}

const foreign = (metadata: Readonly<Record<string, string>>): Reading => ({
  kind: "unknown_order",
  detail: `metadata.order_id is ${JSON.stringify(metadata["order_id"]?.slice(0, 100))}, which is no order id of this shop`,
});
