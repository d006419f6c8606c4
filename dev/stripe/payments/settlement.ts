import { z } from "zod";
import { unexpectedState } from "../protocol/errors.ts";
import { parseParameters, text } from "../protocol/parameters.ts";
import type { Handler } from "../protocol/router.ts";
import { resourceReply } from "../protocol/router.ts";
import type { Failure, PaymentIntentRow } from "../state/rows.ts";
import type { Transaction } from "../state/store.ts";
import { approve, refuse, returnToStart } from "./attempts.ts";
import { existingIntent, latestCharge } from "./lookup.ts";
import type { Verdict } from "./test-payment-methods.ts";
import { AUTHENTICATION_FAILED, DEFAULT_DEBIT_FAILURE, testPaymentMethod } from "./test-payment-methods.ts";

/** What the customer, or the customer's bank, does after the API call: there is no Stripe call for these. */
export const OUTCOME = z.enum(["success", "fail"]);

const AUTHENTICATE = z.strictObject({ outcome: OUTCOME.default("success"), client_secret: text.optional() });

export const authenticatePaymentIntent: Handler = (transaction, call) => {
  const { outcome } = parseParameters(AUTHENTICATE, call.params);
  const intent = existingIntent(transaction, call.id);
  if (intent.status !== "requires_action") throw notIn("requires_action", intent);
  authenticate(transaction, intent, outcome);
  return resourceReply({ kind: "payment_intent", row: existingIntent(transaction, call.id) });
};

/** Even an authenticated card may be declined; the customer has no API call that could answer 402, so none is thrown. */
function authenticate(transaction: Transaction, intent: PaymentIntentRow, outcome: z.infer<typeof OUTCOME>): void {
  if (outcome === "fail") {
    returnToStart(transaction, intent, { failure: AUTHENTICATION_FAILED, charge: null });
    return;
  }
  const verdict = verdictOf(transaction, intent);
  if (verdict === "approved") approve(transaction, intent, null);
  else refuse(transaction, intent, { failure: verdict, pending: null });
}

const SETTLE = z.strictObject({
  /** Left out: as the payment method would. */
  outcome: OUTCOME.optional(),
  /** A failure's code, such as `account_closed`. */
  code: z.string().max(100).optional(),
});

export const settlePaymentIntent: Handler = (transaction, call) => {
  const { outcome, code } = parseParameters(SETTLE, call.params);
  const intent = existingIntent(transaction, call.id);
  const pending = latestCharge(transaction, intent);
  if (intent.status !== "processing" || pending === null) throw notIn("processing", intent);
  const verdict = verdictOf(transaction, intent);
  const success = outcome === undefined ? verdict === "approved" : outcome === "success";
  if (success) approve(transaction, intent, pending);
  else refuse(transaction, intent, { failure: debitFailure(verdict, code), pending });
  return resourceReply({ kind: "payment_intent", row: existingIntent(transaction, call.id) });
};

function debitFailure(verdict: Verdict, code: string | undefined): Failure {
  const failure = verdict === "approved" ? DEFAULT_DEBIT_FAILURE : verdict;
  return code === undefined ? failure : { ...failure, code };
}

function verdictOf(transaction: Transaction, intent: PaymentIntentRow): Verdict {
  const method = transaction.get("payment_method", intent.payment_method ?? "");
  return testPaymentMethod(method?.behaves_as ?? "")?.behaviour.verdict ?? "approved";
}

function notIn(status: string, intent: PaymentIntentRow): Error {
  return unexpectedState(`${intent.id} has a status of ${intent.status} and not of ${status}.`, {
    code: "payment_intent_unexpected_state",
    payment_intent: intent.id,
  });
}
