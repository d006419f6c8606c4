/** Digits after the decimal point, where they are not two. Source: ISO 4217, list one. */
const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ...[
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "UYI",
    "VND",
    "VUV",
    "XAF",
    "XOF",
  ].map((code) => [code, 0] as const),
  ["XPF", 0],
  ...["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"].map((code) => [code, 3] as const),
  ["CLF", 4],
  ["UYW", 4],
]);
const CODE = /^[A-Z]{3}$/;

/** A decimal number as JSON and people write it. What needs an exponent (1e21, 1e-7) is no amount of money. */
const DECIMAL = /^(\d{1,15})(?:\.(\d{1,20}))?$/;
/** So many equal digits after the last one that counts come from adding floats, such as 59.970000000000006. */
const NOISE_DIGITS = 6;

export const exponentOf = (currency: string): number => EXPONENTS.get(currency) ?? 2;

/** The code in capitals, or `undefined` when it cannot be one. */
export function currencyCode(value: unknown): string | undefined {
  const code = typeof value === "string" ? value.trim().toUpperCase() : "";
  return CODE.test(code) ? code : undefined;
}

/**
 * Minor units of an amount in major units, exactly: the decimal digits are read, nothing is multiplied. `undefined` when it is no amount, is
 * negative, or has more digits than the currency (19.999 USD). Only the noise of a float is rounded away, as nobody meant it.
 */
export function minorUnits(value: unknown, currency: string): number | undefined {
  const text = typeof value === "number" ? String(value) : typeof value === "string" ? value.trim() : "";
  const [, whole, fraction = ""] = DECIMAL.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const exponent = exponentOf(currency);
  const units = Number(whole + fraction.slice(0, exponent).padEnd(exponent, "0"));
  const rounded = units + roundingOf(fraction.slice(exponent), typeof value === "number");
  return Number.isSafeInteger(rounded) ? rounded : undefined;
}

/** What the digits beyond the minor unit add: 0 or 1, or `NaN` when they mean something. */
function roundingOf(rest: string, isFloat: boolean): number {
  if (/^0*$/.test(rest)) return 0;
  if (!isFloat) return Number.NaN;
  if (rest.startsWith("0".repeat(NOISE_DIGITS))) return 0;
  return rest.startsWith("9".repeat(NOISE_DIGITS)) ? 1 : Number.NaN;
}
