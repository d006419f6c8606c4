import { z } from "zod";
import { invalid, missingResource, unexpectedState } from "../protocol/errors.ts";
import { pageOf } from "../protocol/pagination.ts";
import { identifier, integer, listing, parseParameters } from "../protocol/parameters.ts";
import type { Handler } from "../protocol/router.ts";
import { resourceReply } from "../protocol/router.ts";
import { newId } from "../state/ids.ts";
import type { DisputeRow } from "../state/rows.ts";
import type { Transaction } from "../state/store.ts";
import { existingCharge } from "./lookup.ts";

/** The customer's bank takes the money back. */
export function openDispute(
  transaction: Transaction,
  charge_id: string,
  { reason, amount }: { reason: string; amount?: number | undefined },
): DisputeRow {
  const charge = existingCharge(transaction, charge_id);
  if (charge.status !== "succeeded" || !charge.captured || charge.dispute !== null) {
    throw unexpectedState(`${charge.id} cannot be disputed: it is not captured, or disputed already.`, {
      code: "charge_unexpected_state",
    });
  }
  if (amount !== undefined && (amount < 1 || amount > charge.amount_captured)) {
    throw invalid("The disputed amount must be between 1 and what was captured.", { param: "amount" });
  }
  const dispute = transaction.put("dispute", {
    id: newId("dp"),
    created: transaction.now_s,
    status: "needs_response",
    amount: amount ?? charge.amount_captured,
    currency: charge.currency,
    charge: charge.id,
    payment_intent: charge.payment_intent,
    reason,
  });
  transaction.put("charge", { ...charge, dispute: dispute.id });
  transaction.emit("charge.dispute.created", ["dispute", dispute.id]);
  transaction.emit("charge.dispute.funds_withdrawn", ["dispute", dispute.id]);
  return dispute;
}

const OPEN = z.strictObject({
  reason: z.string().min(1).max(100).default("fraudulent"),
  amount: integer.optional(),
});

/** `id` is the charge's. */
export const disputeCharge: Handler = (transaction, call) => {
  const params = parseParameters(OPEN, call.params);
  return resourceReply({ kind: "dispute", row: openDispute(transaction, call.id, params) });
};

const CLOSE = z.strictObject({ outcome: z.enum(["won", "lost"]).default("lost") });

export const closeDispute: Handler = (transaction, call) => {
  const { outcome } = parseParameters(CLOSE, call.params);
  const dispute = existingDispute(transaction, call.id);
  if (dispute.status !== "needs_response") {
    throw unexpectedState(`${dispute.id} is ${dispute.status} already.`, { code: "dispute_unexpected_state" });
  }
  const row = transaction.put("dispute", { ...dispute, status: outcome });
  transaction.emit("charge.dispute.closed", ["dispute", dispute.id]);
  if (outcome === "won") transaction.emit("charge.dispute.funds_reinstated", ["dispute", dispute.id]);
  return resourceReply({ kind: "dispute", row });
};

function existingDispute(transaction: Transaction, id: string): DisputeRow {
  const row = transaction.get("dispute", id);
  if (row === undefined) throw missingResource("dispute", id, { param: "dispute", in_path: true });
  return row;
}

const RETRIEVE = z.strictObject({ expand: listing.expand });

export const retrieveDispute: Handler = (transaction, call) => {
  const params = parseParameters(RETRIEVE, call.params);
  return resourceReply({ kind: "dispute", row: existingDispute(transaction, call.id) }, params.expand);
};

const LIST = z.strictObject({ ...listing, charge: identifier.optional(), payment_intent: identifier.optional() });

export const listDisputes: Handler = (transaction, call) => {
  const params = parseParameters(LIST, call.params);
  const page = pageOf(
    transaction.tables.of("dispute"),
    params,
    (row) =>
      (params.charge === undefined || row.charge === params.charge) &&
      (params.payment_intent === undefined || row.payment_intent === params.payment_intent),
  );
  return {
    kind: "list",
    url: "/v1/disputes",
    objects: page.rows.map((row) => ({ kind: "dispute", row })),
    has_more: page.has_more,
    expand: params.expand,
  };
};
