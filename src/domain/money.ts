/** An amount in minor units (cents for USD) of an ISO 4217 currency. Never a float. */
export interface Money {
  readonly amount: number;
  readonly currency: string;
}

export interface Totals {
  readonly subtotal: number;
  readonly discount: number;
  readonly shipping: number;
  readonly tax: number;
  readonly total: number;
}

/** What a shop charges beside its goods. Amounts in minor units, tax in basis points (825 = 8.25 %). */
export interface PricePolicy {
  readonly shippingFlat: number;
  readonly shippingFreeFrom: number;
  readonly taxBasisPoints: number;
}

export interface PricedLine {
  readonly quantity: number;
  readonly unitPrice: number;
}

/**
 * Totals of priced lines under a shop's policy, all in minor units.
 * Tax is on goods after discount, rounded half up to the minor unit; shipping is untaxed and free from a subtotal on.
 */
export function totalsOf(lines: readonly PricedLine[], policy: PricePolicy): Totals {
  let subtotal = 0;
  for (const line of lines) subtotal += line.quantity * line.unitPrice;
  const discount = 0;
  const goods = subtotal - discount;
  const shipping = lines.length === 0 || goods >= policy.shippingFreeFrom ? 0 : policy.shippingFlat;
  const tax = Math.floor((goods * policy.taxBasisPoints + 5_000) / 10_000);
  return { subtotal, discount, shipping, tax, total: goods + shipping + tax };
}
