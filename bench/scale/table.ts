import type { Inputs, Run } from "./inputs.ts";

const SECONDS_A_DAY = 86_400;
const KIB = 1_024;
const UNKNOWN = "not measured";
const HEAD = ["Measured", "one runtime", "if it lasted", "of its yardstick", "in"];
/** Beside a figure that its own run warns of. */
const DISTURBED = "**rounds differ too much**";

/** The Markdown of one block: the runs with what each says of itself, and one row per figure. */
export function tableOf({ runs, rates, dollarsPerThousandEvents, bytesPerCart, lastSocketMs }: Inputs): string {
  const rateRows = rates.map(({ name, what, found }) => {
    const label = `\`${name}\`: ${what}`;
    if (!found) return [label, UNKNOWN, "", "", ""];
    const { rate, ratio, isDisturbed } = found.value;
    const share = `${Math.round(ratio * 100)} %${isDisturbed ? `, ${DISTURBED}` : ""}`;
    return [label, `${count(rate)}/s`, `${count(rate * SECONDS_A_DAY)} a day`, share, found.run];
  });
  const other = (label: string, found: Inputs["bytesPerCart"], show: (value: number) => string): string[] =>
    found ? [label, show(found.value), "", "", found.run] : [label, UNKNOWN, "", "", ""];
  const rows = [
    ...rateRows,
    other("`events-price`: 1,000 events, batched", dollarsPerThousandEvents, (value) => `$${value.toFixed(6)}`),
    other("`memory`: one more cart that is awake", bytesPerCart, (value) => `${Math.round(value / KIB)} KiB`),
    other(
      "`live-fanout`: a frame at the last of 1,000 sockets, p99",
      lastSocketMs,
      (value) => `${Math.round(value)} ms`,
    ),
  ];
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const table = [line(HEAD), `|${HEAD.map(() => "---|").join("")}`, ...rows.map(line)];
  return [runs.map(headOf).join("\n"), ...mixed(runs), table.join("\n")].join("\n\n");
}

function headOf({ name, result: { at, commit, state, machine, warnings } }: Run): string {
  const { cores, cpu, loadBefore } = machine;
  const link = `[${name}](../bench/results/${name}.md)`;
  return [
    `- ${link}: ${cores} x ${cpu}, state on ${state}, load ${loadBefore.toFixed(2)} before, commit \`${commit}\`, ${at}.`,
    ...warnings.map((text) => `  - ${text}`),
  ].join("\n");
}

/** Each row is still right by itself. */
function mixed(runs: readonly Run[]): string[] {
  const commits = new Set(runs.map(({ result }) => result.commit));
  return commits.size > 1
    ? ["**These runs are of different commits: rows of one say nothing beside rows of another.**"]
    : [];
}

const count = (value: number): string => Math.round(value).toLocaleString("en-US");
