/** The stand-in's test payment methods, by what they show. `id` is what Stripe calls them. */
export interface TestMethod {
  readonly id: string;
  readonly name: string;
  readonly digits: string;
  readonly outcome: string;
  readonly kind: "card" | "bank";
}

export const TEST_METHODS = [
  { id: "pm_card_visa", name: "Visa", digits: "4242", outcome: "Pays at once", kind: "card" },
  {
    id: "pm_card_authenticationRequired",
    name: "Visa with 3D Secure",
    digits: "3184",
    outcome: "Your bank asks whether it is you",
    kind: "card",
  },
  { id: "pm_card_visa_chargeDeclined", name: "Visa", digits: "0002", outcome: "Is declined", kind: "card" },
  {
    id: "pm_card_visa_chargeDeclinedInsufficientFunds",
    name: "Visa",
    digits: "9995",
    outcome: "Has insufficient funds",
    kind: "card",
  },
  { id: "pm_usBankAccount", name: "Bank debit", digits: "6789", outcome: "Takes its time", kind: "bank" },
] as const satisfies readonly TestMethod[];
