import type { ContestResult, Measured } from "./contest.ts";
import { CONCURRENCY } from "./load.ts";
import type { StudyFindings } from "./benchmarks/list.ts";
import type { Machine } from "./machine.ts";
import type { Place, Settings } from "./settings.ts";
import { isDisturbed, type Spread } from "./statistics.ts";

export interface NamedResult extends ContestResult {
  readonly name: string;
  readonly title: string;
  readonly secondsPerRound: number;
}

export interface NamedFindings extends StudyFindings {
  readonly name: string;
  readonly title: string;
}

export interface Report {
  readonly at: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly state: Place["kind"];
  readonly concurrency: number;
  readonly rounds: number;
  readonly secondsPerRound: number;
  readonly benchmarks: readonly NamedResult[];
  readonly studies: readonly NamedFindings[];
  /** What makes these figures worth less, as far as the run itself can tell. */
  readonly warnings: readonly string[];
}

/** From here on the generator takes its share of what it measures. */
const BUSY_LIMIT = 0.85;
/** Above this many runnable processes per core somebody else is using the machine. */
const LOAD_LIMIT = 0.5;

export interface Run {
  readonly at: Date;
  readonly commit: string;
  readonly machine: Machine;
  readonly place: Place;
  readonly settings: Settings;
  readonly rounds: number;
}

export function reportOf(
  { at, commit, machine, place, settings, rounds }: Run,
  benchmarks: readonly NamedResult[],
  studies: readonly NamedFindings[],
): Report {
  return {
    at: at.toISOString(),
    commit,
    machine,
    state: place.kind,
    concurrency: CONCURRENCY,
    rounds,
    secondsPerRound: settings.seconds,
    benchmarks,
    studies,
    warnings: warningsOf({ machine, benchmarks, studies }),
  };
}

export function render(report: Report): string {
  const { commit, machine, state, concurrency, rounds, secondsPerRound, benchmarks, studies, warnings } = report;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const head = [
    `${machine.cores} x ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.system}, load ${machine.loadBefore.toFixed(2)}`,
    [`commit ${commit}`, ...versions].join(", "),
    `State on ${state}. ${concurrency} connections, ${rounds} rounds of ${secondsPerRound} s for each side, in turns; median (lowest to highest).`,
  ];
  const shown = benchmarks.map((result) => renderBenchmark(result, secondsPerRound));
  const care = warnings.map((text) => `\n! ${text}`);
  return [...head, ...shown, ...studies.map(renderStudy), ...care].join("\n");
}

const LABEL_CHARS = 56;
const count = (value: number): string => Math.round(value).toLocaleString("en-US");
const percent = (value: number): string => `${Math.round(value * 100)} %`;
const ms = (value: number): string => value.toFixed(1).padStart(6);
const spread = ({ median, low, high }: Spread, show: (value: number) => string): string =>
  `${show(median)} (${show(low)} to ${show(high)})`;

function renderBenchmark(result: NamedResult, usualSeconds: number): string {
  const { name, title, yardstick, subject, ratio, others, secondsPerRound } = result;
  const compared = (what: string, value: Spread): string =>
    `  ${what.padEnd(LABEL_CHARS)}${spread(value, percent).padStart(10)}`;
  return [
    `\n${name}: ${title}${secondsPerRound === usualSeconds ? "" : ` (rounds of ${secondsPerRound} s)`}`,
    renderSide(yardstick),
    renderSide(subject),
    ...others.map(renderSide),
    compared("of the yardstick", ratio),
    ...others.map((other) => compared(`of: ${other.label}`, other.ratio)),
  ].join("\n");
}

const renderStudy = ({ name, title, lines }: NamedFindings): string =>
  [`\n${name}: ${title}`, ...lines.map((line) => `  ${line}`)].join("\n");

function renderSide({ label, unit, perSecond, p50Ms, p99Ms }: Measured): string {
  const rate = `${spread(perSecond, count)} ${unit}/s`;
  return `  ${label.padEnd(LABEL_CHARS)}${rate.padEnd(38)}  p50 ${ms(p50Ms)}  p99 ${ms(p99Ms)} ms`;
}

function warningsOf({ machine, benchmarks, studies }: Pick<Report, "machine" | "benchmarks" | "studies">): string[] {
  const sides = benchmarks.flatMap(({ yardstick, subject, others }) => [yardstick, subject, ...others]);
  const limited = sides.filter(({ generatorBusy }) => generatorBusy > BUSY_LIMIT);
  const found = limited.map(
    ({ label, generatorBusy }) =>
      `"${label}" is a lower bound: the load generator itself was busy ${percent(generatorBusy)} of the time.`,
  );
  const disturbed = benchmarks.filter(({ ratio }) => isDisturbed(ratio));
  found.push(...disturbed.map(({ name }) => `${name}: its rounds differ too much to be quoted; run it again alone.`));
  found.push(...studies.flatMap((study) => study.warnings));
  if (machine.loadBefore > machine.cores * LOAD_LIMIT) {
    found.push(
      `The machine was not idle (load ${machine.loadBefore.toFixed(2)}), which moves the ratios too; run again when it is.`,
    );
  }
  return found;
}
