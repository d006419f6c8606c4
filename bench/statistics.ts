/** A figure that was measured several times. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Rounds that are further apart than this (highest to lowest) were disturbed. */
const SPREAD_LIMIT = 1.4;

/** Whether the rounds differ too much for their median to be quoted. */
export const isDisturbed = ({ low, high }: Pick<Spread, "low" | "high">): boolean => high > low * SPREAD_LIMIT;

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[0];
  const high = sorted.at(-1);
  if (low === undefined || high === undefined) throw new Error("nothing was measured");
  return { median: medianOf(sorted), low, high };
}

function medianOf(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2;
  const below = sorted[Math.floor(middle)] ?? Number.NaN;
  const above = sorted[Math.ceil(middle)] ?? Number.NaN;
  return (below + above) / 2;
}

/** How two sides compare, round by round: what slowed the machine for a whole round slowed both and cancels out. */
export function ratioOf(subject: readonly number[], yardstick: readonly number[]): Spread {
  if (subject.length !== yardstick.length) throw new Error("each round has both sides");
  return spreadOf(subject.map((rate, round) => rate / (yardstick[round] ?? Number.NaN)));
}
