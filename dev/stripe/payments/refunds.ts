import { z } from "zod";
import { invalid, missingResource, unexpectedState } from "../protocol/errors.ts";
import { pageOf } from "../protocol/pagination.ts";
import {
  expand,
  identifier,
  ignored,
  integer,
  listing,
  mergeMetadata,
  metadata,
  parseParameters,
} from "../protocol/parameters.ts";
import type { Handler } from "../protocol/router.ts";
import { resourceReply } from "../protocol/router.ts";
import { newId } from "../state/ids.ts";
import type { ChargeRow, RefundRow } from "../state/rows.ts";
import type { Transaction } from "../state/store.ts";
import type { Sequence } from "../state/table.ts";
import { sequenceOf } from "../state/table.ts";
import { existingCharge, existingIntent, latestCharge } from "./lookup.ts";
import { formatted } from "./money.ts";
import { OUTCOME } from "./settlement.ts";
import { testPaymentMethod } from "./test-payment-methods.ts";

const CREATE = z.strictObject({
  charge: identifier.optional(),
  payment_intent: identifier.optional(),
  amount: integer.optional(),
  reason: z.enum(["duplicate", "fraudulent", "requested_by_customer"]).optional(),
  metadata: metadata.optional(),
  instructions_email: ignored,
  refund_application_fee: ignored,
  reverse_transfer: ignored,
  expand,
});

export const createRefund: Handler = (transaction, call) => {
  const params = parseParameters(CREATE, call.params);
  const charge = chargeToRefund(transaction, params);
  assertUndisputed(transaction, charge);
  const amount = checkedRefundAmount(charge, params.amount);
  const refund = transaction.put("refund", {
    id: newId("re"),
    created: transaction.now_s,
    // A debit is paid back by a transfer, which takes days as well.
    status: isCard(transaction, charge) ? "succeeded" : "pending",
    amount,
    currency: charge.currency,
    charge: charge.id,
    payment_intent: charge.payment_intent,
    reason: params.reason ?? null,
    metadata: mergeMetadata({}, params.metadata),
  });
  const refunds = [...charge.refunds, refund.id];
  transaction.put("charge", { ...charge, refunds, amount_refunded: charge.amount_refunded + amount });
  transaction.emit("refund.created", ["refund", refund.id]);
  transaction.emit("charge.refunded", ["charge", charge.id], { amount_refunded: charge.amount_refunded });
  transaction.emit("refund.updated", ["refund", refund.id]);
  return resourceReply({ kind: "refund", row: refund }, params.expand);
};

function chargeToRefund(transaction: Transaction, params: z.infer<typeof CREATE>): ChargeRow {
  if (params.charge === undefined && params.payment_intent === undefined) {
    throw invalid("One of the following params should be provided for this request: payment_intent or charge.", {
      code: "parameter_missing",
    });
  }
  const intent =
    params.payment_intent === undefined
      ? null
      : existingIntent(transaction, params.payment_intent, { param: "payment_intent", in_path: false });
  const charge =
    params.charge === undefined
      ? intent && latestCharge(transaction, intent)
      : existingCharge(transaction, params.charge, { param: "charge", in_path: false });
  if (charge === null || charge.status !== "succeeded" || !charge.captured) {
    const id = intent?.id ?? charge?.payment_intent ?? "";
    throw unexpectedState(`This PaymentIntent (${id}) does not have a successful charge to refund.`, {
      code: "payment_intent_unexpected_state",
      param: params.charge === undefined ? "payment_intent" : "charge",
    });
  }
  return charge;
}

function assertUndisputed(transaction: Transaction, charge: ChargeRow): void {
  if (charge.dispute === null || transaction.get("dispute", charge.dispute)?.status === "won") return;
  throw unexpectedState(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
    code: "charge_disputed",
  });
}

function checkedRefundAmount(charge: ChargeRow, requested: number | undefined): number {
  const unrefunded = charge.amount_captured - charge.amount_refunded;
  if (unrefunded <= 0) {
    throw unexpectedState(`Charge ${charge.id} has already been refunded.`, { code: "charge_already_refunded" });
  }
  const amount = requested ?? unrefunded;
  if (amount < 1) {
    throw invalid("This value must be greater than or equal to 1.", {
      code: "parameter_invalid_integer",
      param: "amount",
    });
  }
  if (amount <= unrefunded) return amount;
  // Stripe gives this one no code; the message and the parameter are all there is.
  throw invalid(
    `Refund amount (${formatted(amount, charge.currency)}) is greater than unrefunded amount on charge ` +
      `(${formatted(unrefunded, charge.currency)})`,
    { param: "amount" },
  );
}

function isCard(transaction: Transaction, charge: ChargeRow): boolean {
  const method = transaction.get("payment_method", charge.payment_method);
  return testPaymentMethod(method?.behaves_as ?? "")?.type === "card";
}

function existingRefund(transaction: Transaction, id: string): RefundRow {
  const row = transaction.get("refund", id);
  if (row === undefined) throw missingResource("refund", id, { param: "id", in_path: true });
  return row;
}

const RETRIEVE = z.strictObject({ expand });

export const retrieveRefund: Handler = (transaction, call) => {
  const params = parseParameters(RETRIEVE, call.params);
  return resourceReply({ kind: "refund", row: existingRefund(transaction, call.id) }, params.expand);
};

const LIST = z.strictObject({ ...listing, charge: identifier.optional(), payment_intent: identifier.optional() });

export const listRefunds: Handler = (transaction, call) => {
  const params = parseParameters(LIST, call.params);
  const page = pageOf(refundsOf(transaction, params), params);
  return {
    kind: "list",
    url: "/v1/refunds",
    objects: page.rows.map((row) => ({ kind: "refund", row })),
    has_more: page.has_more,
    expand: params.expand,
  };
};

function refundsOf(transaction: Transaction, params: z.infer<typeof LIST>): Sequence<RefundRow> {
  if (params.charge === undefined && params.payment_intent === undefined) return transaction.tables.of("refund");
  const charges =
    params.charge === undefined
      ? existingIntent(transaction, params.payment_intent ?? "", { param: "payment_intent", in_path: false }).charges
      : [params.charge];
  const ids = charges.flatMap((id) => existingCharge(transaction, id, { param: "charge", in_path: false }).refunds);
  return sequenceOf(ids.map((id) => existingRefund(transaction, id)));
}

const SETTLE = z.strictObject({ outcome: OUTCOME.default("success") });

/** The bank took the refund, or sent it back; a refund that comes back raises what may be refunded again. */
export const settleRefund: Handler = (transaction, call) => {
  const { outcome } = parseParameters(SETTLE, call.params);
  const refund = existingRefund(transaction, call.id);
  if (refund.status === "failed" || (refund.status === "succeeded" && outcome === "success")) {
    throw unexpectedState(`${refund.id} has a status of ${refund.status}.`, { code: "refund_unexpected_state" });
  }
  if (outcome === "fail") {
    const charge = existingCharge(transaction, refund.charge);
    transaction.put("charge", { ...charge, amount_refunded: charge.amount_refunded - refund.amount });
  }
  const row = transaction.put("refund", { ...refund, status: outcome === "fail" ? "failed" : "succeeded" });
  transaction.emit("refund.updated", ["refund", refund.id]);
  if (outcome === "fail") transaction.emit("refund.failed", ["refund", refund.id]);
  return resourceReply({ kind: "refund", row });
};
