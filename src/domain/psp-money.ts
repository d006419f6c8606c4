import type { Money } from "./money.ts";

/**
 * Amounts go to Stripe, and come from there, as they are counted here: in the minor units of ISO 4217. These currencies Stripe counts otherwise.
 * ISK and UGX have no decimals in ISO and two at Stripe, so a price would be charged at a hundredth; MGA has two in ISO and none at Stripe,
 * so it would be charged a hundred times. UGX stands in its list of zero decimals as well, so that either reading is documented. (HUF and TWD are
 * special for payouts only.)
 * Source: https://docs.stripe.com/currencies#zero-decimal and #special-cases
 */
const COUNTED_OTHERWISE: ReadonlySet<string> = new Set(["ISK", "MGA", "UGX"]);

/** Three decimals, of which card networks take two. Source: https://docs.stripe.com/currencies#three-decimal */
const ENDING_IN_ZERO: ReadonlySet<string> = new Set(["BHD", "JOD", "KWD", "OMR", "TND"]);

/** Why nothing can be charged in a currency, for whoever chose it; `undefined` when nothing is in the way. */
export function currencyProblem(currency: string): string | undefined {
  return COUNTED_OTHERWISE.has(currency)
    ? `${currency} cannot be charged: the payment provider counts it in other units, and would take another amount`
    : undefined;
}

/** Why this very amount cannot be charged. It is never rounded: a shopper pays what was shown, or nothing. */
export function amountProblem({ amount, currency }: Money): string | undefined {
  return ENDING_IN_ZERO.has(currency) && amount % 10 !== 0
    ? `${amount} minor units of ${currency} cannot be charged: the third decimal has to be 0`
    : undefined;
}

export const chargeProblem = (money: Money): string | undefined =>
  currencyProblem(money.currency) ?? amountProblem(money);
