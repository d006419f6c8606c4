import { missingResource } from "../protocol/errors.ts";
import type { ChargeRow, PaymentIntentRow } from "../state/rows.ts";
import type { Transaction } from "../state/store.ts";

export function existingIntent(
  transaction: Transaction,
  id: string,
  where: { param: string; in_path: boolean } = { param: "intent", in_path: true },
): PaymentIntentRow {
  const row = transaction.get("payment_intent", id);
  if (row === undefined) throw missingResource("payment_intent", id, where);
  return row;
}

export function existingCharge(
  transaction: Transaction,
  id: string,
  where: { param: string; in_path: boolean } = { param: "id", in_path: true },
): ChargeRow {
  const row = transaction.get("charge", id);
  if (row === undefined) throw missingResource("charge", id, where);
  return row;
}

/** The charge that the intent's money hangs on, if there has been an attempt. */
export function latestCharge(transaction: Transaction, intent: PaymentIntentRow): ChargeRow | null {
  return intent.latest_charge === null ? null : (transaction.get("charge", intent.latest_charge) ?? null);
}
