import { missingResource } from "../protocol/errors.ts";
import type { Listed } from "../protocol/rendering.ts";
import type { Handler } from "../protocol/router.ts";
import type { ChargeRow, RefundRow } from "../state/rows.ts";
import type { Tables } from "../state/tables.ts";

/** The id names the charge or refund, so that no third row is kept per payment: `txn_ch...`, `txn_re...`. */
export function chargeTransactionId(row: ChargeRow): string | null {
  return row.status === "succeeded" && row.captured ? `txn_${row.id.replace("_", "")}` : null;
}

export function refundTransactionId(row: RefundRow): string | null {
  return row.status === "succeeded" ? `txn_${row.id.replace("_", "")}` : null;
}

export function balanceTransactionById(tables: Tables, id: string): Listed | null {
  const source = id.slice("txn_".length).replace(/^(ch|re)/, "$1_");
  const charge = tables.of("charge").get(source);
  if (charge !== undefined && chargeTransactionId(charge) === id) {
    return { kind: "balance_transaction", of: { kind: "charge", row: charge } };
  }
  const refund = tables.of("refund").get(source);
  if (refund === undefined || refundTransactionId(refund) !== id) return null;
  return { kind: "balance_transaction", of: { kind: "refund", row: refund } };
}

export const retrieveBalanceTransaction: Handler = (transaction, { id }) => {
  const object = balanceTransactionById(transaction.tables, id);
  if (object === null) throw missingResource("balance transaction", id, { param: "id", in_path: true });
  return { kind: "object", object };
};
