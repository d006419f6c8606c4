/** Units that can still be sold: below `threshold` a SKU is low, and it stays low until there are `clear` again. */
export interface LowStockPolicy {
  readonly threshold: number;
  readonly clear: number;
}

/** A SKU begins low: it was never above, so its first delivery crosses nothing, however small it is. */
export const LOW_AT_FIRST = true;

/**
 * Whether a SKU is low after a change, and whether that is news. Two levels (hysteresis), so that holds which come and go around the
 * threshold are one crossing and not one each.
 */
export function lowAfter(
  wasLow: boolean,
  available: number,
  policy: LowStockPolicy,
): { low: boolean; crossed: boolean } {
  if (wasLow) return { low: available < Math.max(policy.clear, policy.threshold), crossed: false };
  const low = available < policy.threshold;
  return { low, crossed: low };
}
