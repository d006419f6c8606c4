import type { Machine } from "../../../bench/machine.ts";
import { isRight, type Line, wrongsOf } from "./comparison.ts";
import type { KillFindings } from "./kills.ts";
import { DUPLICATES, type Plan } from "./plan.ts";
import type { EventsFindings } from "./run.ts";

const LABEL_CHARS = 36;
const NUMBER_CHARS = 14;
const count = (value: number): string => Math.round(value).toLocaleString("en-US");
const row = (label: string, ...values: readonly string[]): string =>
  label.padEnd(LABEL_CHARS) + values.map((value) => value.padStart(NUMBER_CHARS)).join("");

const headOf = (machine: Machine, state: string): string =>
  `${machine.cores} x ${machine.cpu}, ${machine.memoryGiB} GiB, load ${machine.loadBefore.toFixed(2)}, state on ${state}`;

function tableOf(lines: readonly Line[]): string[] {
  const render = (line: Line): string =>
    `${row(line.what, count(line.expected), count(line.found))}  ${isRight(line) ? "ok" : "WRONG"}`;
  return [row("", "must be", "is"), ...lines.map(render)];
}

export interface Verdict {
  readonly text: string;
  readonly wrong: readonly string[];
}

const troubleOf = ({ books }: Plan): string[] =>
  DUPLICATES.map((kind) => row(`  duplicates: ${kind.replace("_", " ")}`, count(books.duplicates[kind])));

export function renderEvents(machine: Machine, state: string, findings: EventsFindings): Verdict {
  const { plan, lines, orders, refunds, redelivered, deadLetters, seconds, finding } = findings;
  const wrong = [
    ...wrongsOf(lines),
    ...(deadLetters > 0 ? [`${deadLetters} messages ended as dead letters`] : []),
    ...(finding.verdict.balanced ? [] : ["the audit of the orders does not balance"]),
  ];
  const text = [
    headOf(machine, state),
    "",
    row("events sent", count(plan.books.received)),
    ...troubleOf(plan),
    row("  sent and answered per second", count(plan.books.received / seconds)),
    row("messages delivered again", count(redelivered)),
    row("dead letters", count(deadLetters)),
    row("orders placed meanwhile", count(orders)),
    row("  refunded in part", count(refunds)),
    row("audit of the orders", finding.verdict.balanced ? "balanced" : "NOT BALANCED"),
    "",
    ...tableOf(lines),
    ...wrong.map((sentence) => `! ${sentence}`),
  ].join("\n");
  return { text, wrong };
}

/** What was acknowledged and is not there, and what is there more than once. */
export function lossesOf({ lines }: Pick<KillFindings, "lines">): { readonly lost: number; readonly twice: number } {
  const applied = lines.find(({ what }) => what === "applied");
  const difference = (applied?.found ?? Number.NaN) - (applied?.expected ?? Number.NaN);
  return { lost: Math.max(0, -difference), twice: Math.max(0, difference) };
}

export function renderKills(machine: Machine, state: string, seed: number, findings: KillFindings): Verdict {
  const { plan, lines, kills, acknowledged, repeated, redelivered, deadLetters, replayed } = findings;
  const { lost, twice } = lossesOf(findings);
  const wrong = [
    ...wrongsOf(lines),
    ...(deadLetters === replayed ? [] : [`of ${deadLetters} dead letters ${replayed} could be replayed`]),
  ];
  const busy = kills.filter(({ waiting }) => waiting > 0).length;
  const text = [
    headOf(machine, state),
    "",
    row("kills (SIGKILL), seed", count(kills.length), String(seed)),
    row("  with messages not done", count(busy)),
    row("  down for at most, ms", count(Math.max(0, ...kills.map(({ downMs }) => downMs)))),
    row("events acknowledged", count(acknowledged)),
    row("  sent again without an answer", count(repeated)),
    row("messages delivered again", count(redelivered)),
    row("dead letters, replayed", count(deadLetters), count(replayed)),
    row("acknowledged and lost", count(lost)),
    row("counted twice", count(twice)),
    ...troubleOf(plan),
    "",
    ...tableOf(lines),
    ...wrong.map((sentence) => `! ${sentence}`),
  ].join("\n");
  return { text, wrong };
}
