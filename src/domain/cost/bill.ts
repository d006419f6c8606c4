import { type Billed, BILLED, priceOf } from "./prices.ts";

/** How much of each was used. What is left out was not used. */
export type Usage = Readonly<Partial<Record<Billed, number>>>;

export interface BillLine {
  readonly what: Billed;
  readonly used: number;
  readonly dollars: number;
}

export interface Bill {
  /** The dearest first. */
  readonly lines: readonly BillLine[];
  readonly dollars: number;
}

/** At list prices, from the first unit on. */
export function billOf(usage: Usage): Bill {
  const lines = BILLED.flatMap((what) => {
    const used = usage[what];
    return used === undefined ? [] : [{ what, used, dollars: used * priceOf(what) }];
  });
  return {
    lines: lines.toSorted((a, b) => b.dollars - a.dollars),
    dollars: lines.reduce((sum, { dollars }) => sum + dollars, 0),
  };
}

/** The bill of `times` of what `usage` did `count` of: `billPer(usage, orders)` is that of one order. */
export function billPer(usage: Usage, count: number, times = 1): Bill {
  if (!(count > 0)) throw new Error("a price per piece needs pieces");
  const scaled = BILLED.flatMap((what) => {
    const used = usage[what];
    return used === undefined ? [] : [[what, (used * times) / count] as const];
  });
  return billOf(Object.fromEntries(scaled));
}

/** The bill for what `events` events used, for 1,000 of them. */
export const billPerThousand = (usage: Usage, events: number): Bill => billPer(usage, events, 1_000);

export const sumOf = (usages: readonly Usage[]): Usage =>
  Object.fromEntries(
    BILLED.flatMap((what) => {
      const used = usages.flatMap((usage) => usage[what] ?? []);
      return used.length === 0 ? [] : [[what, used.reduce((sum, each) => sum + each, 0)] as const];
    }),
  );
