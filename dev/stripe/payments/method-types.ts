import { invalid } from "../protocol/errors.ts";
import type { PaymentIntentRow } from "../state/rows.ts";
import type { TestPaymentMethod } from "./test-payment-methods.ts";

/** The types that the stand-in has test payment methods of. None of them sends the customer elsewhere to pay. */
const SUPPORTED: readonly string[] = ["card", "us_bank_account", "sepa_debit"] satisfies TestPaymentMethod["type"][];

type Allowing = Pick<PaymentIntentRow, "allowed_payment_method_types">;

/** `payment_method_types` of an intent: what is allowed and there is. */
export function offeredTypes({ allowed_payment_method_types: allowed }: Allowing): readonly string[] {
  return allowed === null ? SUPPORTED : SUPPORTED.filter((type) => allowed.includes(type));
}

/**
 * Whether the customer could be sent away to pay, so that there must be a page to come back to. Card
 * authentication does not count: Stripe.js can show that in place.
 */
export function mayRedirect(intent: Allowing & Pick<PaymentIntentRow, "automatic_payment_methods">): boolean {
  const { allowed_payment_method_types: allowed, automatic_payment_methods: automatic } = intent;
  if (allowed !== null) return allowed.some((type) => !SUPPORTED.includes(type));
  return automatic?.allow_redirects === "always";
}

export function checkOffered(intent: Allowing, type: string): void {
  const offered = offeredTypes(intent);
  if (offered.includes(type)) return;
  throw invalid(
    `The PaymentMethod provided (${type}) is not allowed for this PaymentIntent. Please attach a PaymentMethod of ` +
      `one of the following types: ${offered.join(", ")}.`,
    { code: "payment_intent_incompatible_payment_method", param: "payment_method" },
  );
}
