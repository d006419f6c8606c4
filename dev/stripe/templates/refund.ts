import { refundTransactionId } from "../payments/balance-transactions.ts";
import type { Rendered, RenderingContext } from "../protocol/rendering.ts";
import type { RefundRow } from "../state/rows.ts";

export function refund(row: RefundRow, context: RenderingContext): Rendered {
  const charge = context.tables.of("charge").get(row.charge);
  return {
    id: row.id,
    object: "refund",
    amount: row.amount,
    balance_transaction: refundTransactionId(row),
    charge: row.charge,
    created: row.created,
    currency: row.currency,
    customer: charge?.customer ?? null,
    customer_account: null,
    destination_details: {
      card: {
        reference: null,
        reference_status: "pending",
        reference_type: "acquirer_reference_number",
        type: "refund",
      },
      type: "card",
    },
    ...(row.status === "failed" ? { failure_reason: "expired_or_canceled_card" } : {}),
    metadata: row.metadata,
    payment_intent: row.payment_intent,
    payment_method: charge?.payment_method ?? null,
    reason: row.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: row.status,
    transfer_reversal: null,
  };
}
