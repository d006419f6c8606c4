import type { Findings } from "./run.ts";

/** Rolled back everywhere within this long of the first error. */
export const BOUND_MS = 12_000;

/** What has to be true afterwards, and is not. */
export function wrongsOf(findings: Findings): string[] {
  const { rolledBack, observed, reachedForMs, shopperErrors, uncharged, doubled, finding, chainIntact, orders } =
    findings;
  const say = (isWrong: boolean, sentence: string): string[] => (isWrong ? [sentence] : []);
  return [
    ...say(rolledBack.state !== "rolled_back", `the path was not rolled back: it is ${rolledBack.state}`),
    ...say(!(reachedForMs <= BOUND_MS), `the new path was reached for ${reachedForMs} ms, more than ${BOUND_MS}`),
    ...say(observed.effect?.verdict !== "effective", `the rollback was found ${observed.effect?.verdict}`),
    ...say(shopperErrors.length > 0, `shoppers were left without an order: ${shopperErrors[0]}`),
    ...say(orders.edge === 0 || orders.legacy === 0, "one of the two sides has no orders"),
    ...say(uncharged.length > 0, `${uncharged.length} orders were not charged, e.g. ${uncharged[0]}`),
    ...say(doubled.length > 0, `${doubled.length} orders were charged more than once, e.g. ${doubled[0]}`),
    ...say(!finding.verdict.balanced, "the audit does not balance"),
    ...say(!chainIntact, "the decision log's chain is broken"),
  ];
}

export function render(findings: Findings, wrong: readonly string[]): string {
  const { decisions, orders, observed, finding } = findings;
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  const figures: readonly (readonly [string, string])[] = [
    ["requests per second", findings.requestsPerSecond.toFixed(1)],
    ["first error to decision", seconds(findings.decidedAfterMs)],
    [
      "first error to the last request on the new path",
      `${seconds(findings.reachedForMs)} (bound ${seconds(BOUND_MS)})`,
    ],
    ["operations that failed on the new path", String(findings.failures)],
    [
      "observed afterwards",
      `${observed.effect?.verdict}, ${observed.effect?.strays} strays, ${observed.effect?.safe_operations} safe`,
    ],
    ["orders", `${orders.edge} of the shop, ${orders.legacy} of the monolith`],
    ["shoppers without an order", String(findings.shopperErrors.length)],
    ["orders charged twice", String(findings.doubled.length)],
    ["audit", finding.verdict.balanced ? "balanced" : "NOT BALANCED"],
  ];
  const log = decisions.map(({ at, kind, by, share_percent: share, reason, evidence: { s, operations, errors } }) => {
    const what = `${kind} by ${by}, ${share.from} -> ${share.to} %`;
    return `  ${at}  ${what.padEnd(44)} S ${String(s).padStart(3)}, ${errors} of ${operations}: ${reason}`;
  });
  return [
    ...figures.map(([name, value]) => `${name.padEnd(50)} ${value}`),
    "",
    "The decision log of checkout.write:",
    ...log,
    "",
    ...(wrong.length === 0 ? ["all holds"] : wrong.map((sentence) => `WRONG: ${sentence}`)),
  ].join("\n");
}
