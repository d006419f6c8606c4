import { declined } from "../protocol/errors.ts";
import { newId } from "../state/ids.ts";
import type { ChargeRow, Failure, PaymentIntentRow, PaymentMethodRow } from "../state/rows.ts";
import type { Transaction } from "../state/store.ts";
import { openDispute } from "./disputes.ts";
import { AUTHENTICATION_REQUIRED, testPaymentMethod } from "./test-payment-methods.ts";

export type Attempt = {
  readonly method: PaymentMethodRow;
  /** True where nobody could authenticate: an action that is required is a decline then. */
  readonly unattended: boolean;
};

/** Tries to collect the intent's amount. Throws the 402 when the bank says no at once. */
export function attempt(
  transaction: Transaction,
  intent: PaymentIntentRow,
  { method, unattended }: Attempt,
): PaymentIntentRow {
  const behaviour = testPaymentMethod(method.behaves_as)?.behaviour;
  if (behaviour === undefined) throw new Error(`${method.behaves_as} is no test payment method.`);
  const tried: PaymentIntentRow = { ...intent, payment_method: method.id, last_payment_error: null };
  switch (behaviour.kind) {
    case "immediate": {
      if (behaviour.verdict !== "approved") throw refusedAtOnce(transaction, tried, behaviour.verdict);
      const approved = approve(transaction, tried, null);
      if (behaviour.dispute !== undefined && approved.latest_charge !== null) {
        openDispute(transaction, approved.latest_charge, { reason: behaviour.dispute });
      }
      return approved;
    }
    case "authenticated": {
      if (unattended) throw refusedAtOnce(transaction, tried, AUTHENTICATION_REQUIRED);
      transaction.put("payment_intent", { ...tried, status: "requires_action" });
      transaction.emit("payment_intent.requires_action", ["payment_intent", intent.id]);
      return current(transaction, intent.id);
    }
    case "delayed": {
      const charge = newCharge(transaction, tried, { status: "pending", failure: null });
      transaction.emit("charge.pending", ["charge", charge.id]);
      transaction.put("payment_intent", { ...withCharge(tried, charge), status: "processing" });
      transaction.emit("payment_intent.processing", ["payment_intent", intent.id]);
      return current(transaction, intent.id);
    }
  }
}

/** The bank said yes, at once, after authentication, or days later to a `pending` charge. */
export function approve(
  transaction: Transaction,
  intent: PaymentIntentRow,
  pending: ChargeRow | null,
): PaymentIntentRow {
  const charge =
    pending === null
      ? newCharge(transaction, intent, { status: "succeeded", failure: null })
      : transaction.put("charge", { ...pending, status: "succeeded", amount_captured: pending.amount, captured: true });
  transaction.emit("charge.succeeded", ["charge", charge.id]);
  const charged = withCharge(intent, charge);
  if (charge.captured) {
    transaction.put("payment_intent", { ...charged, status: "succeeded", amount_received: charge.amount_captured });
    transaction.emit("payment_intent.succeeded", ["payment_intent", intent.id]);
  } else {
    transaction.put("payment_intent", { ...charged, status: "requires_capture", amount_capturable: charge.amount });
    transaction.emit("payment_intent.amount_capturable_updated", ["payment_intent", intent.id]);
  }
  return current(transaction, intent.id);
}

/** The bank said no; the intent waits for another payment method. */
export function refuse(
  transaction: Transaction,
  intent: PaymentIntentRow,
  { failure, pending }: { failure: Failure; pending: ChargeRow | null },
): ChargeRow {
  const charge =
    pending === null
      ? newCharge(transaction, intent, { status: "failed", failure })
      : transaction.put("charge", { ...pending, status: "failed", failure });
  transaction.emit("charge.failed", ["charge", charge.id]);
  returnToStart(transaction, withCharge(intent, charge), { failure, charge: charge.id });
  return charge;
}

/** Back to `requires_payment_method`, with the reason; also without a charge, when authentication failed. */
export function returnToStart(
  transaction: Transaction,
  intent: PaymentIntentRow,
  { failure, charge }: { failure: Failure; charge: string | null },
): void {
  transaction.put("payment_intent", {
    ...intent,
    status: "requires_payment_method",
    payment_method: null,
    last_payment_error: { ...failure, charge, payment_method: intent.payment_method },
  });
  transaction.emit("payment_intent.payment_failed", ["payment_intent", intent.id]);
}

function refusedAtOnce(transaction: Transaction, intent: PaymentIntentRow, failure: Failure): Error {
  const charge = refuse(transaction, intent, { failure, pending: null });
  return declined(failure, { payment_intent: intent.id, charge: charge.id });
}

function newCharge(
  transaction: Transaction,
  intent: PaymentIntentRow,
  { status, failure }: Pick<ChargeRow, "status" | "failure">,
): ChargeRow {
  if (intent.payment_method === null) throw new Error(`${intent.id} is charged without a payment method.`);
  const captured = status === "succeeded" && intent.capture_method !== "manual";
  return transaction.put("charge", {
    id: newId("ch"),
    created: transaction.now_s,
    status,
    amount: intent.amount,
    amount_captured: captured ? intent.amount : 0,
    amount_refunded: 0,
    captured,
    currency: intent.currency,
    payment_intent: intent.id,
    payment_method: intent.payment_method,
    customer: intent.customer,
    description: intent.description,
    receipt_email: intent.receipt_email,
    metadata: intent.metadata,
    shipping: intent.shipping,
    failure,
    refunds: [],
    dispute: null,
  });
}

function withCharge(intent: PaymentIntentRow, charge: ChargeRow): PaymentIntentRow {
  const charges = intent.charges.includes(charge.id) ? intent.charges : [...intent.charges, charge.id];
  return { ...intent, charges, latest_charge: charge.id };
}

function current(transaction: Transaction, id: string): PaymentIntentRow {
  const row = transaction.get("payment_intent", id);
  if (row === undefined) throw new Error(`${id} is gone.`);
  return row;
}
