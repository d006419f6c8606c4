import { invalid } from "../protocol/errors.ts";

/** Stripe's largest amount: eight digits of minor units. */
const AMOUNT_MAX = 99_999_999;
const AMOUNT_MIN_DEFAULT = 50;

/** Stripe's minimum charges where they are not 50 minor units (https://docs.stripe.com/currencies). */
const AMOUNT_MIN: Readonly<Record<string, number>> = {
  aed: 200,
  bgn: 100,
  czk: 1_500,
  dkk: 250,
  gbp: 30,
  hkd: 400,
  huf: 17_500,
  mxn: 1_000,
  myr: 200,
  nok: 300,
  pln: 200,
  ron: 200,
  sek: 300,
  thb: 1_000,
};

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency").map((code) => code.toLowerCase()));

export function checkedCurrency(currency: string): string {
  const code = currency.toLowerCase();
  if (CURRENCIES.has(code)) return code;
  throw invalid(`Invalid currency: ${currency.slice(0, 20)}. It must be a three-letter ISO code, in lower case.`, {
    param: "currency",
  });
}

export function checkedAmount(amount: number, currency: string): number {
  if (amount < 1) {
    throw invalid("This value must be greater than or equal to 1.", {
      code: "parameter_invalid_integer",
      param: "amount",
    });
  }
  const min = AMOUNT_MIN[currency] ?? AMOUNT_MIN_DEFAULT;
  if (amount < min) {
    throw invalid(`Amount must be at least ${formatted(min, currency)}`, { code: "amount_too_small", param: "amount" });
  }
  if (amount > AMOUNT_MAX) {
    throw invalid(`Amount must be no more than ${formatted(AMOUNT_MAX, currency)}`, {
      code: "amount_too_large",
      param: "amount",
    });
  }
  return amount;
}

/** `$10.00`, as Stripe's messages have it. */
export function formatted(amount: number, currency: string): string {
  const format = new Intl.NumberFormat("en-US", { style: "currency", currency: currency.toUpperCase() });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount / 10 ** digits);
}
