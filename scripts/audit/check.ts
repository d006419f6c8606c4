/** One rule: how many things it looked at, and a sentence for each that is wrong. */
export interface Check {
  readonly invariant: string;
  readonly checked: number;
  readonly wrong: readonly string[];
}

/** Runs one rule over many things. `judge` answers the sentence that says what is wrong, or nothing. */
export function check<T>(invariant: string, things: readonly T[], judge: (thing: T) => string | undefined): Check {
  return { invariant, checked: things.length, wrong: things.flatMap((thing) => judge(thing) ?? []) };
}

/** Adds numbers up by key. */
export function sumBy<T>(
  things: Iterable<T>,
  keyOf: (thing: T) => string,
  amountOf: (thing: T) => number,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const thing of things) sums.set(keyOf(thing), (sums.get(keyOf(thing)) ?? 0) + amountOf(thing));
  return sums;
}
