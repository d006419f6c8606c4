import type { Money } from "./api/shapes.ts";

/** How many digits a currency has behind its point: 2 for USD, 0 for JPY, 3 for KWD. */
export function minorDigits(currency: string): number {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** For people. Whole amounts keep their zeros: a column of prices is read by its points. */
export function formatMoney({ amount, currency }: Money, locale: string = "en-US"): string {
  return new Intl.NumberFormat(locale, { style: "currency", currency }).format(decimalOf({ amount, currency }));
}

/** For tracking calls, whose spec counts in major units (`"price": 18.99`). Never calculated with. */
export function decimalOf({ amount, currency }: Money): number {
  const digits = minorDigits(currency);
  return Number((amount / 10 ** digits).toFixed(digits));
}

export const times = ({ amount, currency }: Money, quantity: number): Money => ({
  amount: amount * quantity,
  currency,
});
