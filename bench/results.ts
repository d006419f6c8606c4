import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Measured } from "./contest.ts";
import type { NamedResult, Report } from "./report.ts";
import type { Spread } from "./statistics.ts";

const FOLDER = join(import.meta.dirname, "results");

/** Keeps a report as `<name>.json` for programs and `<name>.md` for people. Answers the latter's path. */
export function keep(report: Report, name: string): string {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, `${name}.json`), `${JSON.stringify(report, null, 2)}\n`);
  const path = join(FOLDER, `${name}.md`);
  writeFileSync(path, markdownOf(report, name));
  return path;
}

export function markdownOf(report: Report, name: string): string {
  const { at, commit, machine, state, concurrency, rounds, benchmarks, studies, warnings } = report;
  const versions = Object.entries(machine.versions).map(([program, version]) => `${program} ${version}`);
  const sections = [
    `# ${name}`,
    table(
      ["", ""],
      [
        ["Taken", at],
        ["Commit", `\`${commit}\``],
        ["State on", state],
        ["Machine", `${machine.cores} x ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.system}`],
        ["Load before", machine.loadBefore.toFixed(2)],
        ["Versions", versions.join(", ")],
        ["Rounds", `${rounds} for each side, in turns, with ${concurrency} clients`],
      ],
    ),
    "Median of the rounds, with the lowest and the highest. How to read it: [../README.md](../README.md).",
    ...(benchmarks.length > 0 ? [table(HEAD, benchmarks.flatMap(rowsOf))] : []),
    ...studies.map((study) => `## ${study.name}: ${study.title}\n\n\`\`\`\n${study.lines.join("\n")}\n\`\`\``),
    ...(warnings.length > 0 ? [`## Read with care\n\n${warnings.map((text) => `- ${text}`).join("\n")}`] : []),
  ];
  return `${sections.join("\n\n")}\n`;
}

const HEAD = ["Benchmark", "Side", "per second", "p50 ms", "p99 ms", "the shop, of this side"];

function rowsOf({ name, subject, yardstick, ratio, others }: NamedResult): string[][] {
  const row = (first: string, { label, unit, perSecond, p50Ms, p99Ms }: Measured, share: string): string[] => [
    first,
    label,
    `${spread(perSecond, count)} ${unit}`,
    p50Ms.toFixed(1),
    p99Ms.toFixed(1),
    share,
  ];
  return [
    row(`\`${name}\``, subject, ""),
    row("", yardstick, `**${spread(ratio, percent)}**`),
    ...others.map((other) => row("", other, spread(other.ratio, percent))),
  ];
}

const count = (value: number): string => Math.round(value).toLocaleString("en-US");
const percent = (value: number): string => `${Math.round(value * 100)} %`;
const spread = ({ median, low, high }: Spread, show: (value: number) => string): string =>
  `${show(median)} (${show(low)} to ${show(high)})`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}
