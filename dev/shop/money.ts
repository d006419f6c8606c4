import { exponentOf } from "../../src/domain/currency.ts";
import type { Money } from "./api/shapes.ts";

/**
 * For people. Whole amounts keep their zeros: a column of prices is read by its points. As many digits as the API's minor unit has; Intl has fewer for some
 * currencies (none for RSD), and would round a price.
 */
export function formatMoney({ amount, currency }: Money, locale: string = "en-US"): string {
  const digits = exponentOf(currency);
  const style = { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(locale, style).format(decimalOf({ amount, currency }));
}

/** For tracking calls, whose spec counts in major units (`"price": 18.99`). Never calculated with. */
export function decimalOf({ amount, currency }: Money): number {
  const digits = exponentOf(currency);
  return Number((amount / 10 ** digits).toFixed(digits));
}

export const times = ({ amount, currency }: Money, quantity: number): Money => ({
  amount: amount * quantity,
  currency,
});
