/**
 * Goal: what is charged is what was shown. Threat: a currency in which the provider counts other units than we do takes a hundredth of the price, or a hundred
 * times it, and nothing fails.
 */
import { describe, expect, test } from "vitest";
import { amountProblem, chargeProblem, currencyProblem } from "../../src/domain/psp-money.ts";

describe("what Stripe can charge as we count it", () => {
  test.each(["ISK", "UGX", "MGA"])(
    "%s is counted in other units there, and refused whatever the amount",
    (currency) => {
      expect(currencyProblem(currency)).toContain(currency);
      expect(chargeProblem({ amount: 500_000, currency })).toContain(currency);
    },
  );

  test.each(["USD", "EUR", "JPY", "KRW", "CLP", "XAF", "HUF", "TWD", "KWD"])(
    "%s is counted as ISO 4217 does",
    (currency) => {
      expect(currencyProblem(currency)).toBeUndefined();
      expect(chargeProblem({ amount: 5_000, currency })).toBeUndefined();
    },
  );

  test.each(["BHD", "JOD", "KWD", "OMR", "TND"])(
    "of %s the third decimal has to be 0, and is not made so",
    (currency) => {
      expect(amountProblem({ amount: 5_124, currency })).toContain("5124");
      expect(amountProblem({ amount: 5_120, currency })).toBeUndefined();
    },
  );
});
