import { z } from "zod";
import { invalid, missingResource } from "../protocol/errors.ts";
import { expand, identifier, ignored, mergeMetadata, metadata, parseParameters, text } from "../protocol/parameters.ts";
import { resourceReply } from "../protocol/router.ts";
import type { Handler } from "../protocol/router.ts";
import { newId } from "../state/ids.ts";
import type { ConfirmationTokenRow, PaymentIntentRow, PaymentMethodRow } from "../state/rows.ts";
import type { Transaction } from "../state/store.ts";
import { namedByCardNumber, namedByToken, testPaymentMethod } from "./test-payment-methods.ts";

export const paymentMethodData = z.looseObject({
  type: z.enum(["card", "us_bank_account", "sepa_debit"]),
  card: z.looseObject({ number: z.string().max(30).optional(), token: z.string().max(100).optional() }).optional(),
});

/** The parameters of creating and confirming an intent that say what to pay with. */
export const methodParameters = {
  payment_method: identifier.optional(),
  payment_method_data: paymentMethodData.optional(),
  confirmation_token: identifier.optional(),
};

type MethodParameters = z.infer<z.ZodObject<typeof methodParameters>>;

/** A payment method that was checked but not yet made: nothing is written before all parameters are known good. */
export type ChosenMethod = {
  readonly existing: PaymentMethodRow | null;
  readonly behaves_as: string;
  readonly token: ConfirmationTokenRow | null;
};

export function chooseMethod(transaction: Transaction, params: MethodParameters): ChosenMethod | null {
  if (params.payment_method !== undefined && params.confirmation_token !== undefined) {
    throw invalid("You may only specify one of these parameters: payment_method, confirmation_token.");
  }
  if (params.confirmation_token !== undefined) return chosenByToken(transaction, params.confirmation_token);
  if (params.payment_method_data !== undefined) {
    return { existing: null, behaves_as: namedByData(params.payment_method_data), token: null };
  }
  return params.payment_method === undefined ? null : chosenById(transaction, params.payment_method);
}

export function chosenById(transaction: Transaction, id: string): ChosenMethod {
  const existing = transaction.get("payment_method", id);
  if (existing !== undefined) return { existing, behaves_as: existing.behaves_as, token: null };
  if (testPaymentMethod(id) !== undefined) return { existing: null, behaves_as: id, token: null };
  throw missingResource("PaymentMethod", id, { param: "payment_method", in_path: false });
}

function chosenByToken(transaction: Transaction, id: string): ChosenMethod {
  const token = transaction.get("confirmation_token", id) ?? null;
  const behaves_as = token?.behaves_as ?? namedByToken(id);
  if (behaves_as === null) {
    throw missingResource("confirmation_token", id, { param: "confirmation_token", in_path: false });
  }
  if (token !== null && token.payment_intent !== null) {
    throw invalid(`The ConfirmationToken ${id} has already been used.`, { param: "confirmation_token" });
  }
  return { existing: null, behaves_as, token };
}

/** A documented test name becomes a payment method of its own each time it is used, as at Stripe. */
export function adoptMethod(
  transaction: Transaction,
  chosen: ChosenMethod,
  intent: Pick<PaymentIntentRow, "id" | "customer">,
): PaymentMethodRow {
  if (chosen.token !== null) {
    transaction.put("confirmation_token", { ...chosen.token, payment_intent: intent.id });
  }
  return chosen.existing ?? newMethod(transaction, chosen.behaves_as, { customer: intent.customer });
}

function newMethod(
  transaction: Transaction,
  behaves_as: string,
  { customer = null, entries = {} }: { customer?: string | null; entries?: PaymentMethodRow["metadata"] } = {},
): PaymentMethodRow {
  return transaction.put("payment_method", {
    id: newId("pm"),
    created: transaction.now_s,
    behaves_as,
    customer,
    metadata: entries,
  });
}

export function namedByData({ type, card }: z.infer<typeof paymentMethodData>): string {
  if (type === "us_bank_account") return "pm_usBankAccount_success";
  if (type === "sepa_debit") return "pm_sepaDebit";
  const name = card?.token?.replace(/^tok_/, "pm_card_") ?? namedByCardNumber(card?.number ?? "4242");
  if (name !== null && testPaymentMethod(name) !== undefined) return name;
  throw invalid("Your card was declined. Use one of Stripe's test cards: this is a stand-in.", {
    param: "payment_method_data",
  });
}

const CREATE = z.strictObject({
  ...paymentMethodData.shape,
  metadata: metadata.optional(),
  billing_details: ignored,
  us_bank_account: ignored,
  sepa_debit: ignored,
  allow_redisplay: text.optional(),
  expand,
});

export const createPaymentMethod: Handler = (transaction, call) => {
  const params = parseParameters(CREATE, call.params);
  const row = newMethod(transaction, namedByData(params), { entries: mergeMetadata({}, params.metadata) });
  return resourceReply({ kind: "payment_method", row }, params.expand);
};

/** The name of a test method answers a new method that behaves so, as at Stripe. */
export const retrievePaymentMethod: Handler = (transaction, { id }) => {
  const existing = transaction.get("payment_method", id);
  if (existing !== undefined) return resourceReply({ kind: "payment_method", row: existing });
  if (testPaymentMethod(id) === undefined) {
    throw missingResource("PaymentMethod", id, { param: "payment_method", in_path: true });
  }
  return resourceReply({ kind: "payment_method", row: newMethod(transaction, id) });
};
