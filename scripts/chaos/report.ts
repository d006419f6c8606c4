import type { Machine } from "../../bench/machine.ts";
import type { Outcome } from "./run.ts";

const NAME_CHARS = 22;
const DECISIONS_SHOWN = 8;
const HEAD = [
  "detect",
  "recover",
  "errors",
  "p99",
  "calm p99",
  "board still",
  "orders",
  "lost",
  "2 charges",
  "oversold",
  "events",
  "lost",
  "doubled",
  "replayed",
];

const seconds = (ms: number | null): string => (ms === null ? "-" : `${(ms / 1_000).toFixed(1)} s`);
const millis = (ms: number): string => (Number.isNaN(ms) ? "-" : `${Math.round(ms)} ms`);
const share = (part: number, whole: number): string => (whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)} %`);

export const headOf = (machine: Machine, state: string, seed: number): string =>
  `${machine.cores} x ${machine.cpu}, ${machine.memoryGiB} GiB, load ${machine.loadBefore.toFixed(2)}, state on ${state}, seed ${seed}`;

/** What happened in one scenario, in the order in which it did. */
export function renderOutcome({ name, fault, decisions, seen, replayed, wrong }: Outcome): string {
  const shown = decisions.slice(0, DECISIONS_SHOWN);
  return [
    `${name}: ${fault}`,
    ...shown.map(
      ({ afterMs, subject, kind, text }) => `  ${seconds(afterMs).padStart(8)}  ${subject} ${kind}: ${text}`,
    ),
    ...(decisions.length > shown.length ? [`            ... and ${decisions.length - shown.length} more`] : []),
    ...seen.fault.failures.map(({ what, count }) => `            ${count} times ${what}`),
    ...(replayed > 0 ? [`            ${replayed} dead letters were replayed`] : []),
    ...wrong.map((sentence) => `  ! ${sentence}`),
  ].join("\n");
}

/** One row per scenario. */
export function renderTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => [
    outcome.name,
    ...cellsOf(outcome),
    outcome.wrong.length === 0 ? "balanced" : "WRONG",
  ]);
  const all = [["scenario", ...HEAD, "audit"], ...rows];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(NAME_CHARS) : cell.padStart((widths[column] ?? 0) + 2)))
        .join(""),
    )
    .join("\n");
}

function cellsOf({ detectMs, recoverMs, seen, boardStillMs, accounts, oversold, events, replayed }: Outcome): string[] {
  const { calm, fault } = seen;
  return [
    seconds(detectMs),
    seconds(recoverMs),
    share(fault.failed, fault.requests),
    millis(fault.p99Ms),
    millis(calm.p99Ms),
    seconds(boardStillMs),
    ...[accounts.accepted, accounts.lost.length, accounts.doubled.length, oversold].map(String),
    ...[events.acknowledged, events.lost, events.doubled, replayed].map(String),
  ];
}
