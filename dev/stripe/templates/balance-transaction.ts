import { chargeTransactionId, refundTransactionId } from "../payments/balance-transactions.ts";
import type { Rendered } from "../protocol/rendering.ts";
import type { Resource } from "../state/rows.ts";

/** Stripe's list price for a domestic card, near enough: 2.9 % and 30 minor units. */
const FEE_PER_MILLE = 29;
const FEE_FIXED_MINOR_UNITS = 30;

/** Rendered from the charge or refund that it belongs to; there is no row of its own. */
export function balanceTransaction(of: Extract<Resource, { kind: "charge" | "refund" }>): Rendered {
  const { row } = of;
  const amount = of.kind === "charge" ? of.row.amount_captured : -of.row.amount;
  const fee = of.kind === "charge" ? Math.round((amount * FEE_PER_MILLE) / 1_000) + FEE_FIXED_MINOR_UNITS : 0;
  return {
    id: of.kind === "charge" ? chargeTransactionId(of.row) : refundTransactionId(of.row),
    object: "balance_transaction",
    amount,
    available_on: row.created,
    balance_type: "payments",
    created: row.created,
    currency: row.currency,
    description: of.kind === "charge" ? of.row.description : null,
    exchange_rate: null,
    fee,
    fee_details: of.kind === "charge" ? [feeDetail(fee, row.currency)] : [],
    net: amount - fee,
    reporting_category: of.kind,
    source: row.id,
    status: "available",
    type: of.kind,
  };
}

function feeDetail(amount: number, currency: string): Rendered {
  return { amount, application: null, currency, description: "Stripe processing fees", type: "stripe_fee" };
}
