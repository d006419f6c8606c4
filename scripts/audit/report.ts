import type { Verdict } from "./reconcile.ts";
import type { Snapshot } from "./snapshot.ts";

const EXAMPLES = 3;

/** The verdict as a table for people: invariant, how many were checked, how many are wrong, and the first of those. */
export function renderTable(verdict: Verdict, snapshot: Snapshot, moving: readonly string[]): string {
  const width = Math.max(...verdict.checks.map(({ invariant }) => invariant.length));
  const head = `${"invariant".padEnd(width)}  ${"checked".padStart(8)}  ${"wrong".padStart(6)}`;
  const rows = verdict.checks.flatMap(({ invariant, checked, wrong }) => [
    `${invariant.padEnd(width)}  ${String(checked).padStart(8)}  ${String(wrong.length).padStart(6)}`,
    ...wrong.slice(0, EXAMPLES).map((sentence) => `    ${sentence}`),
    ...(wrong.length > EXAMPLES ? [`    ... and ${wrong.length - EXAMPLES} more`] : []),
  ]);
  const { orders, stock, intents } = snapshot;
  return [
    `${orders.length} orders, ${stock.length} SKUs, ${intents.length} PaymentIntents`,
    "",
    head,
    "-".repeat(head.length),
    ...rows,
    "",
    ...verdict.notes.map((note) => `note: ${note}`),
    ...(moving.length > 0 ? [`still moving: ${moving.join(", ")}`] : []),
    verdict.balanced ? "balanced" : "NOT BALANCED",
  ].join("\n");
}
