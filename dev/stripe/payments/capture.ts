import { z } from "zod";
import { invalid, unexpectedState } from "../protocol/errors.ts";
import { expand, ignored, integer, mergeMetadata, metadata, parseParameters } from "../protocol/parameters.ts";
import type { Handler } from "../protocol/router.ts";
import { resourceReply } from "../protocol/router.ts";
import type { IntentStatus, PaymentIntentRow } from "../state/rows.ts";
import type { Transaction } from "../state/store.ts";
import { existingIntent, latestCharge } from "./lookup.ts";

const CANCELABLE: readonly IntentStatus[] = [
  "requires_payment_method",
  "requires_capture",
  "requires_confirmation",
  "requires_action",
];

const CAPTURE = z.strictObject({
  amount_to_capture: integer.optional(),
  metadata: metadata.optional(),
  application_fee_amount: ignored,
  final_capture: ignored,
  statement_descriptor: ignored,
  statement_descriptor_suffix: ignored,
  transfer_data: ignored,
  expand,
});

/** Takes money that is on hold; what is not taken is released. */
export const capturePaymentIntent: Handler = (transaction, call) => {
  const params = parseParameters(CAPTURE, call.params);
  const intent = existingIntent(transaction, call.id);
  const charge = latestCharge(transaction, intent);
  if (intent.status !== "requires_capture" || charge === null) {
    throw unexpectedState(
      `This PaymentIntent could not be captured because it has a status of ${intent.status}. Only a PaymentIntent ` +
        `with one of the following statuses may be captured: requires_capture.`,
      { code: "payment_intent_unexpected_state", payment_intent: intent.id },
    );
  }
  const amount = params.amount_to_capture ?? intent.amount_capturable;
  if (amount < 1 || amount > intent.amount_capturable) {
    throw invalid(`The requested capture amount is greater than the amount you can capture for this charge.`, {
      code: "amount_too_large",
      param: "amount_to_capture",
    });
  }
  transaction.put("charge", { ...charge, captured: true, amount_captured: amount });
  transaction.emit("charge.captured", ["charge", charge.id]);
  const row = transaction.put("payment_intent", {
    ...intent,
    status: "succeeded",
    amount_capturable: 0,
    amount_received: amount,
    metadata: mergeMetadata(intent.metadata, params.metadata),
  });
  transaction.emit("payment_intent.succeeded", ["payment_intent", intent.id]);
  return resourceReply({ kind: "payment_intent", row }, params.expand);
};

const CANCEL = z.strictObject({
  cancellation_reason: z.enum(["duplicate", "fraudulent", "requested_by_customer", "abandoned"]).optional(),
  expand,
});

export const cancelPaymentIntent: Handler = (transaction, call) => {
  const params = parseParameters(CANCEL, call.params);
  const intent = existingIntent(transaction, call.id);
  if (!CANCELABLE.includes(intent.status)) {
    throw unexpectedState(
      `You cannot cancel this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with ` +
        `one of the following statuses may be canceled: ${CANCELABLE.join(", ")}.`,
      { code: "payment_intent_unexpected_state", payment_intent: intent.id },
    );
  }
  releaseHold(transaction, intent);
  const row = transaction.put("payment_intent", {
    ...intent,
    status: "canceled",
    amount_capturable: 0,
    canceled_at: transaction.now_s,
    cancellation_reason: params.cancellation_reason ?? null,
  });
  transaction.emit("payment_intent.canceled", ["payment_intent", intent.id]);
  return resourceReply({ kind: "payment_intent", row }, params.expand);
};

/** Canceling what is on hold gives it back; Stripe shows that as a charge that is refunded. */
function releaseHold(transaction: Transaction, intent: PaymentIntentRow): void {
  const charge = latestCharge(transaction, intent);
  if (intent.status !== "requires_capture" || charge === null) return;
  transaction.put("charge", { ...charge, amount_refunded: charge.amount });
  transaction.emit("charge.refunded", ["charge", charge.id]);
}
