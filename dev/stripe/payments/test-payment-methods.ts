import type { Failure } from "../state/rows.ts";

/** How a bank answers. */
export type Verdict = "approved" | Failure;

/** What happens when an intent is confirmed with the method. */
export type Behaviour =
  | { readonly kind: "immediate"; readonly verdict: Verdict; readonly dispute?: string }
  /** The customer must authenticate first (3-D Secure). */
  | { readonly kind: "authenticated"; readonly verdict: Verdict }
  /** A debit that takes days: `processing` until it is settled. */
  | { readonly kind: "delayed"; readonly verdict: Verdict };

export type TestPaymentMethod = {
  readonly type: "card" | "us_bank_account" | "sepa_debit";
  readonly brand: string;
  readonly last4: string;
  readonly behaviour: Behaviour;
};

const APPROVED: Behaviour = { kind: "immediate", verdict: "approved" };

function card(brand: string, last4: string, behaviour: Behaviour = APPROVED): TestPaymentMethod {
  return { type: "card", brand, last4, behaviour };
}

function decline(code: string, decline_code: string | null, message: string): Failure {
  return { type: "card_error", code, decline_code, message };
}

const YOUR_CARD_WAS_DECLINED = "Your card was declined.";
const GENERIC = decline("card_declined", "generic_decline", YOUR_CARD_WAS_DECLINED);
const INSUFFICIENT_FUNDS = decline("card_declined", "insufficient_funds", "Your card has insufficient funds.");
const EXPIRED = decline("expired_card", "expired_card", "Your card has expired.");
const INCORRECT_CVC = decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.");
const PROCESSING_ERROR = decline(
  "processing_error",
  "processing_error",
  "An error occurred while processing your card. Try again in a little bit.",
);

function declinedCard(last4: string, verdict: Failure, brand = "visa"): TestPaymentMethod {
  return card(brand, last4, { kind: "immediate", verdict });
}

function debit(type: "us_bank_account" | "sepa_debit", last4: string, verdict: Verdict): TestPaymentMethod {
  return { type, brand: type, last4, behaviour: { kind: "delayed", verdict } };
}

function debitFailure(code: string, message: string): Failure {
  return { type: "card_error", code, decline_code: null, message };
}

const NO_FUNDS_IN_ACCOUNT = debitFailure("insufficient_funds", "The bank account has insufficient funds.");
const ACCOUNT_CLOSED = debitFailure("account_closed", "The customer's bank account has been closed.");
const NO_ACCOUNT = debitFailure("no_account", "The customer's bank account could not be located.");
const NOT_AUTHORIZED = debitFailure(
  "debit_not_authorized",
  "The customer has notified their bank that this payment was unauthorized.",
);

/**
 * Stripe's documented test payment methods (https://docs.stripe.com/testing), as far as a shop has use for them,
 * and a few shorter names for the same.
 */
const METHODS: ReadonlyMap<string, TestPaymentMethod> = new Map([
  ["pm_card_visa", card("visa", "4242")],
  ["pm_card_visa_debit", card("visa", "5556")],
  ["pm_card_mastercard", card("mastercard", "4444")],
  ["pm_card_mastercard_debit", card("mastercard", "8210")],
  ["pm_card_mastercard_prepaid", card("mastercard", "5100")],
  ["pm_card_amex", card("amex", "8431")],
  ["pm_card_discover", card("discover", "9424")],
  ["pm_card_diners", card("diners", "3237")],
  ["pm_card_jcb", card("jcb", "0505")],
  ["pm_card_unionpay", card("unionpay", "0005")],
  ["pm_card_threeDSecureOptional", card("visa", "3055")],
  ["pm_card_visa_chargeDeclined", declinedCard("0002", GENERIC)],
  ["pm_card_chargeDeclined", declinedCard("0002", GENERIC)],
  ["pm_card_visa_chargeDeclinedInsufficientFunds", declinedCard("9995", INSUFFICIENT_FUNDS)],
  ["pm_card_chargeDeclinedInsufficientFunds", declinedCard("9995", INSUFFICIENT_FUNDS)],
  [
    "pm_card_visa_chargeDeclinedLostCard",
    declinedCard("9987", decline("card_declined", "lost_card", YOUR_CARD_WAS_DECLINED)),
  ],
  [
    "pm_card_visa_chargeDeclinedStolenCard",
    declinedCard("9979", decline("card_declined", "stolen_card", YOUR_CARD_WAS_DECLINED)),
  ],
  [
    "pm_card_chargeDeclinedFraudulent",
    declinedCard("0019", decline("card_declined", "fraudulent", YOUR_CARD_WAS_DECLINED)),
  ],
  ["pm_card_chargeDeclinedExpiredCard", declinedCard("0069", EXPIRED)],
  ["pm_card_chargeDeclinedIncorrectCvc", declinedCard("0127", INCORRECT_CVC)],
  ["pm_card_chargeDeclinedProcessingError", declinedCard("0119", PROCESSING_ERROR)],
  ["pm_card_chargeCustomerFail", declinedCard("0341", GENERIC)],
  ["pm_card_authenticationRequired", card("visa", "3184", { kind: "authenticated", verdict: "approved" })],
  ["pm_card_threeDSecure2Required", card("visa", "3220", { kind: "authenticated", verdict: "approved" })],
  ["pm_card_threeDSecureRequired", card("visa", "3063", { kind: "authenticated", verdict: "approved" })],
  ["pm_card_threeDSecureRequiredChargeDeclined", card("visa", "1629", { kind: "authenticated", verdict: GENERIC })],
  [
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
    card("visa", "8260", { kind: "authenticated", verdict: INSUFFICIENT_FUNDS }),
  ],
  ["pm_card_createDispute", card("visa", "0259", { ...APPROVED, dispute: "fraudulent" })],
  ["pm_card_createDisputeProductNotReceived", card("visa", "2685", { ...APPROVED, dispute: "product_not_received" })],
  ["pm_usBankAccount", debit("us_bank_account", "6789", "approved")],
  ["pm_usBankAccount_success", debit("us_bank_account", "6789", "approved")],
  ["pm_usBankAccount_insufficientFunds", debit("us_bank_account", "2227", NO_FUNDS_IN_ACCOUNT)],
  ["pm_usBankAccount_accountClosed", debit("us_bank_account", "1113", ACCOUNT_CLOSED)],
  ["pm_usBankAccount_noAccount", debit("us_bank_account", "1116", NO_ACCOUNT)],
  ["pm_usBankAccount_debitNotAuthorized", debit("us_bank_account", "3335", NOT_AUTHORIZED)],
  ["pm_sepaDebit", debit("sepa_debit", "3000", "approved")],
  ["pm_sepaDebit_success", debit("sepa_debit", "3000", "approved")],
  ["pm_sepaDebit_failed", debit("sepa_debit", "3002", NO_FUNDS_IN_ACCOUNT)],
]);

/** The failure of a debit that the control path settles as failed although its method would have succeeded. */
export const DEFAULT_DEBIT_FAILURE = NO_FUNDS_IN_ACCOUNT;

export const AUTHENTICATION_FAILED: Failure = {
  type: "invalid_request_error",
  code: "payment_intent_authentication_failure",
  decline_code: null,
  message:
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new " +
    "PaymentMethod to attempt to fulfill this PaymentIntent again.",
};

/** When authentication is needed and nobody is there to do it. */
export const AUTHENTICATION_REQUIRED: Failure = decline(
  "authentication_required",
  "authentication_required",
  "Your card was declined. This transaction requires authentication.",
);

export function testPaymentMethod(name: string): TestPaymentMethod | undefined {
  return METHODS.get(name);
}

/** `ctoken_visa`, `ctoken_chargeDeclined` and so on: a confirmation token without the call that makes one. */
export function namedByToken(token: string): string | null {
  const name = token.slice("ctoken_".length);
  return [`pm_card_${name}`, `pm_card_visa_${name}`, `pm_${name}`].find((method) => METHODS.has(method)) ?? null;
}

/** The card that a test number stands for, for callers who make their own payment methods. */
export function namedByCardNumber(number: string): string | null {
  const last4 = number.replaceAll(/\s/g, "").slice(-4);
  for (const [name, method] of METHODS) {
    if (method.type === "card" && method.last4 === last4) return name;
  }
  return null;
}
