/**
 * What it takes to trust a path with more: so many operations with so few errors that an error rate of 1 % or more is ruled out with 95 %
 * confidence (one-sided, exact binomial: Clopper and Pearson, 1934). 0 errors in 299 operations, 1 in 473, 2 in 628, 3 in 773, 4 in 913, 5 in 1,049.
 */
const RATE = 0.01;
const RISK = 0.05;
/** A rung with more errors than this is not going to pass on evidence. */
export const EVIDENCE_ERRORS_MAX = 50;

/** The fewest operations that rule it out in spite of so many errors; `undefined` when there are too many. */
export function operationsNeeded(errors: number): number | undefined {
  if (errors > EVIDENCE_ERRORS_MAX) return undefined;
  const known = needed[errors];
  if (known !== undefined) return known;
  // More errors never need fewer operations, so the search begins where the one before ended.
  let operations = errors === 0 ? 1 : (operationsNeeded(errors - 1) ?? 1) + 1;
  while (probabilityOfAtMost(errors, operations) > RISK) operations += 1;
  needed[errors] = operations;
  return operations;
}

export interface Evidence {
  readonly operations: number;
  readonly errors: number;
}

export function isEnough({ operations, errors }: Evidence): boolean {
  const wanted = operationsNeeded(errors);
  return wanted !== undefined && operations >= wanted;
}

const needed: number[] = [];

/** P(X <= errors) for X binomial with n = operations at the rate that is to be ruled out. */
function probabilityOfAtMost(errors: number, operations: number): number {
  let term = (1 - RATE) ** operations;
  let sum = term;
  for (let k = 1; k <= errors; k++) {
    term *= ((operations - k + 1) / k) * (RATE / (1 - RATE));
    sum += term;
  }
  return sum;
}
