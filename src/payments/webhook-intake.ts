import Stripe from "stripe";
import { mismatchText } from "../domain/mismatch.ts";
import { sendMessage } from "../platform/queue-send.ts";
import type { PaymentContext } from "./context.ts";
import { tellOrder, webhookFact } from "./facts.ts";
import { orderOf } from "./ownership.ts";
import type { Explanation } from "./rejected-webhooks.ts";
import { callStripe } from "./stripe-call.ts";
import { readEvent, type Reading, type StripeEvent } from "./webhook-events.ts";

/** What became of a verified event. */
export type Intake =
  /** Its order has the fact, or the queue has it for its order. */
  | { readonly kind: "handled"; readonly orderId: string }
  /** Nothing of ours. */
  | { readonly kind: "ignored"; readonly reason: string }
  /** Ours or possibly ours, and not understood: to be kept with the explanation. */
  | { readonly kind: "rejected"; readonly explanation: Explanation };

type RejectedIntake = Extract<Intake, { kind: "rejected" }>;

/**
 * Reads one verified event and passes its fact on, whether Stripe has just delivered it or a person replays it. The fact's id is the
 * event's, so doing it twice is doing it once. Throws when that is not certain, e.g. because the queue did not take what its order could not.
 */
export async function takeIn(event: StripeEvent, requestId: string, context: PaymentContext): Promise<Intake> {
  const reading = await ownedReading(event, context);
  switch (reading.kind) {
    case "fact": {
      const { orderId, fact } = reading;
      const message = webhookFact({ orderId, requestId }, event.id, fact);
      switch (await tellOrder(context, message)) {
        case "told":
          break;
        case "unknown_order":
          // A shop that shares its Stripe account (production with staging, say) gets events of orders that it never had. An order is there
          // before Stripe hears of it, so this is certain, and nothing for the queue.
          return rejectedAs("unknown_order", `this shop has no ${orderId}`, orderId);
        case "later":
          await sendMessage(context.ordersQueue, message);
      }
      return { kind: "handled", orderId };
    }
    case "ignored":
    case "rejected":
      return reading;
    case "unknown_order":
      return rejectedAs("unknown_order", reading.detail);
    case "needs_person":
      return rejectedAs(reading.reason, reading.detail, reading.orderId);
    case "mismatch": {
      const { mismatches, orderId } = reading;
      const detail = mismatchText(mismatches);
      const explanation = { reason: "schema_mismatch", detail, mismatch: mismatches[0], note: noteOn(event), orderId };
      return { kind: "rejected", explanation };
    }
    case "ask_intent":
      throw new Error("an intent without an order was asked for its order again");
  }
}

/** Follows a refund without our metadata to its intent. Refunds by hand are rare, so this may cost a call. */
async function ownedReading(event: StripeEvent, context: PaymentContext): Promise<Reading | RejectedIntake> {
  const reading = readEvent(event, context.readers);
  if (reading.kind !== "ask_intent") return reading;
  const result = await callStripe(context, "payment_intents.retrieve", () =>
    context.stripe.paymentIntents.retrieve(reading.intent),
  );
  if (result.kind === "rejected") {
    return rejectedAs("unknown_object", `Stripe does not show ${reading.intent}: ${result.error.message}`);
  }
  if (result.kind !== "answered") throw new Error(`the refunded intent could not be read: ${result.kind}`);
  const orderId = orderOf(result.value.metadata);
  return orderId === undefined ? { kind: "ignored", reason: "not_our_order" } : reading.factFor(orderId);
}

const rejectedAs = (reason: string, detail: string, orderId?: string): RejectedIntake => ({
  kind: "rejected",
  explanation: { reason, detail, orderId },
});

/** A field that is not where it should be is most often a field of another API version. */
function noteOn({ api_version: version }: StripeEvent): string | undefined {
  return version && version !== Stripe.API_VERSION
    ? `other_api_version: the event is of ${version}, this code reads ${Stripe.API_VERSION}`
    : undefined;
}
