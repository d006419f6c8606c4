export interface SoldLine {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice: number;
}

/**
 * How much of what an order kept belongs to its goods, and of that to each line, all in minor units.
 *
 * What the shop charged beside the goods (shipping and tax: `total` less the lines) keeps its share of the payment: of a refund of half the
 * order, half of the shipping goes back. The rest is the goods', and is split over the lines in proportion to their amounts by the method of the
 * largest remainder, ties to the earlier line. So the lines always add up to the goods, and goods and extras to captured less refunded, to the unit.
 * Where `total` is below the lines (a discount) there are no extras, and the lines share what was paid.
 */
export function allocate(
  { captured, refunded, total }: { readonly captured: number; readonly refunded: number; readonly total: number },
  lines: readonly SoldLine[],
): { readonly goods: number; readonly perLine: readonly number[] } {
  const net = captured - refunded;
  const amounts = lines.map(({ quantity, unitPrice }) => quantity * unitPrice);
  const listed = amounts.reduce((sum, amount) => sum + amount, 0);
  const extras = Math.max(0, total - listed);
  const goods = lines.length === 0 ? 0 : net - (total > 0 ? roundedShare(extras, net, total) : 0);
  // Lines that cost nothing still share what was paid for them: by their units.
  const weights = listed > 0 ? amounts : lines.map(({ quantity }) => Math.max(1, quantity));
  return { goods, perLine: byLargestRemainder(goods, weights) };
}

/** `amount * part / whole`, half up. In BigInt: the product of two amounts has more digits than a double. */
const roundedShare = (amount: number, part: number, whole: number): number =>
  Number((BigInt(amount) * BigInt(part) * 2n + BigInt(whole)) / (BigInt(whole) * 2n));

/** Splits an amount in proportion to weights so that the parts add up to it exactly. */
export function byLargestRemainder(amount: number, weights: readonly number[]): number[] {
  const whole = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
  if (whole === 0n) return weights.map(() => 0);
  const size = BigInt(Math.abs(amount));
  const shares = weights.map((weight, index) => {
    const exact = size * BigInt(weight);
    return { index, units: Number(exact / whole), remainder: exact % whole };
  });
  let left = Math.abs(amount) - shares.reduce((sum, { units }) => sum + units, 0);
  const byRemainder = shares.toSorted((a, b) =>
    a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1,
  );
  for (const share of byRemainder) {
    if (left-- <= 0) break;
    share.units++;
  }
  return shares.map(({ units }) => (amount < 0 ? 0 - units : units));
}
