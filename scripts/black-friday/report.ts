import type { Machine } from "../../bench/machine.ts";
import type { Finding } from "../audit/finding.ts";
import { renderTable } from "../audit/report.ts";
import { wrongsOf } from "./accounts.ts";
import { count, dollars, events, money, percent, span } from "./format.ts";
import { latencyOf } from "./latency.ts";
import type { Findings } from "./run.ts";
import { phasesOf, seriesOf } from "./series.ts";
import type { Settings } from "./settings.ts";
import { clockAt } from "./shape.ts";

export interface Circumstances {
  readonly machine: Machine;
  /** What kind of file system its state is on; of a shop that runs already, its address. */
  readonly state: string;
  readonly settings: Settings;
  /** The whole command, starting and auditing included. */
  readonly tookMs: number;
}

/** One figure beside that of the case study which this shop answers. */
export interface Row {
  readonly what: string;
  /** A dash where the case study says nothing. */
  readonly seed: string;
  readonly ours: string;
  readonly note?: string;
}

const NOT_SAID = "\u2013";
const GENERATOR_LATE_MS = 100;
const GENERATOR_BUSY = 0.85;
const LOAD_PER_CORE = 0.5;
const AFTERMATH_MS = 10_000;
const EXAMPLES = 5;

/** The figures as one JSON document. */
export function reportOf({ machine, state, settings, tookMs }: Circumstances, findings: Findings) {
  const { outcome, moments, accounts, finding, cost } = findings;
  const dayMs = settings.seconds * 1_000;
  const { lost, untold, doubled, oversold, ...sums } = accounts;
  const last = moments.at(-1);
  return {
    at: new Date(outcome.began_at).toISOString(),
    machine,
    state,
    settings,
    tookMs,
    dayMs,
    playedMs: outcome.played_ms,
    drainedMs: findings.drainedMs,
    auditedMs: findings.auditedMs,
    counts: outcome.counts,
    insideMost: outcome.inside_most,
    checkoutMs: latencyOf(outcome.checkouts.map(([, ms]) => ms)),
    checkoutSentMs: latencyOf(outcome.checkouts.map(([, , ms]) => ms)),
    phases: phasesOf(outcome, dayMs),
    series: seriesOf(outcome, moments, dayMs),
    backlogMost: Math.max(0, ...moments.map(({ backlog }) => backlog)),
    chargesMost: Math.max(0, ...moments.map(({ charges }) => charges)),
    events: findings.events,
    boardMs: findings.boardMs,
    eventsPerSecondMost: Math.max(0, ...seriesOf(outcome, moments, dayMs).events.map((rate) => rate ?? 0)),
    revenue: last?.revenue ?? { amount: 0, currency: "USD" },
    flash: last?.flash,
    cost,
    endings: outcome.endings,
    refusals: outcome.refusals,
    generator: { lateMs: outcome.late_ms, busy: outcome.busy },
    /** Part of one core, which is all that one thread can have. */
    runtimeBusy: findings.cpuMs === null ? null : findings.cpuMs / outcome.played_ms,
    accounts: {
      ...sums,
      lost: lost.length,
      untold: untold.length,
      doubled: doubled.length,
      oversold: oversold.reduce((sum, { units }) => sum + units, 0),
      examples: [...lost, ...doubled].slice(0, EXAMPLES),
    },
    checks: finding.verdict.checks.map(({ invariant, checked, wrong }) => ({
      invariant,
      checked,
      wrong: wrong.length,
    })),
    wrong: [
      ...wrongsOf(accounts, outcome.counts.two_orders),
      ...(finding.verdict.balanced ? [] : finding.moving.map((what) => `still moving: ${what}`)),
    ],
  };
}
export type Report = ReturnType<typeof reportOf>;

/** Beside each other: what the case study had, and what this run had. */
export function comparisonOf(report: Report): Row[] {
  const { counts, accounts, checkoutMs, boardMs, cost } = report;
  const playedS = report.playedMs / 1_000;
  return [
    {
      what: "orders",
      seed: "82,000 in 24 h",
      ours: `${count(accounts.accepted)} in ${count(playedS)} s`,
      note: `${(accounts.accepted / playedS).toFixed(1)}/s; the seed's mean was ${(82_000 / 86_400).toFixed(2)}/s`,
    },
    {
      what: "shoppers at once",
      seed: "18,000",
      ours: count(report.insideMost),
      note: "visits open at once, mostly thinking",
    },
    { what: "largest backlog", seed: "50,000", ours: count(report.backlogMost), note: "messages in all queues" },
    { what: "checkout, mean", seed: NOT_SAID, ours: span(checkoutMs.mean), note: "from when it was due to its answer" },
    {
      what: "checkout, p99",
      seed: NOT_SAID,
      ours: span(checkoutMs.p99),
      note: `p50 ${span(checkoutMs.p50)}, longest ${span(checkoutMs.max)}`,
    },
    {
      what: "event to board, p99",
      seed: "2.8 s",
      ours: boardMs ? span(boardMs.p99) : "not seen",
      note: `receipt to frame; from when it was sent, p99 ${span(report.events.p99Ms)}`,
    },
    {
      what: "events per second",
      seed: "45,000",
      ours: `${count(counts.events_acknowledged / playedS)}, ${count(report.eventsPerSecondMost)} at most`,
      note: "what these shoppers caused; what it can take is `npm run bench events`",
    },
    { what: "cost of 1,000 events", seed: "$0.0042", ours: dollars(cost.perThousandEvents), note: cost.note },
    { what: "cost of an order", seed: NOT_SAID, ours: dollars(cost.perOrder) },
    { what: "lost", seed: NOT_SAID, ours: `${count(accounts.lost)} orders${events(accounts.events?.lost)}` },
    { what: "doubled", seed: NOT_SAID, ours: `${count(accounts.doubled)} orders${events(accounts.events?.doubled)}` },
    { what: "oversold", seed: NOT_SAID, ours: `${count(accounts.oversold)} units` },
  ];
}

/** What a reader has to know to believe the figures, or not to. */
export function remarksOn(report: Report): string[] {
  const { generator, machine, counts, endings, refusals, drainedMs, playedMs, dayMs, events: seen, accounts } = report;
  const say = (isSo: boolean, sentence: string): string[] => (isSo ? [sentence] : []);
  const gaveUp = (endings["gave_up"] ?? 0) + (endings["still_inside"] ?? 0);
  const lateS = span(playedMs - dayMs + drainedMs);
  return [
    ...say(
      playedMs - dayMs + drainedMs > AFTERMATH_MS,
      `Arrivals outran the shop: it was quiet ${lateS} after the day was over.`,
    ),
    ...say(gaveUp > 0, `${count(gaveUp)} shoppers gave up without an answer; no latency counts them.`),
    ...say(counts.pages_lost > 0, `${count(counts.pages_lost)} product pages did not load in time.`),
    ...say(
      counts.events_given_up > 0,
      `${count(counts.events_given_up)} events were refused until their sender gave up.`,
    ),
    ...say(
      (accounts.events?.rejected ?? 0) > 0,
      `${count(accounts.events?.rejected ?? 0)} events were not understood.`,
    ),
    ...say(seen.unseen > 0, `No frame counted ${count(seen.unseen)} of the events.`),
    ...Object.entries(refusals).map(([what, times]) => `${count(times)} times the shop answered "${what}".`),
    ...say(
      generator.lateMs > GENERATOR_LATE_MS,
      `The generator itself was late by up to ${span(generator.lateMs)}, which is in the figures.`,
    ),
    ...say(generator.busy > GENERATOR_BUSY, "The generator was busy nearly all the time: it may have been the limit."),
    ...say(
      machine.loadBefore > LOAD_PER_CORE * machine.cores,
      `The machine was busy with something else before it began (load ${machine.loadBefore.toFixed(2)}), which is in the figures.`,
    ),
  ];
}

export const machineLine = ({ machine, state }: Report): string =>
  `${machine.cores} x ${machine.cpu}, ${machine.memoryGiB} GiB, load ${machine.loadBefore.toFixed(2)}, state on ${state}`;

const WIDTHS = { label: 24, seed: 16, ours: 26, phase: 16 } as const;

export function render(report: Report, finding: Finding): string {
  const { counts, phases, settings, endings } = report;
  const row = ({ what, seed, ours, note = "" }: Row): string =>
    `${what.padEnd(WIDTHS.label)}${seed.padEnd(WIDTHS.seed)}${ours.padEnd(WIDTHS.ours)}${note}`.trimEnd();
  const phase = ({ name, fromHour, due, perSecond, p50, p99 }: Report["phases"][number]): string =>
    [
      `  ${clockAt(fromHour)}  ${name.padEnd(WIDTHS.phase)}`,
      `${count(due).padStart(7)} due ${perSecond.toFixed(1).padStart(7)}/s`,
      due === 0 ? "" : `   p50 ${span(p50).padStart(8)}   p99 ${span(p99).padStart(8)}`,
    ].join("");
  const remarks = remarksOn(report);
  const ended = Object.entries(endings).map(([how, times]) => `${count(times)} ${how.replaceAll("_", " ")}`);
  return [
    "",
    `Black Friday in ${count(report.dayMs / 1_000)} s, seed ${settings.seed}, faults: ${settings.faults}; all of it took ${span(report.tookMs)}`,
    machineLine(report),
    "",
    row({ what: "", seed: "seed", ours: "here" }),
    ...comparisonOf(report).map(row),
    "",
    "checkouts, by when they were due",
    ...phases.map(phase),
    "",
    `revenue ${money(report.revenue)}; ${count(report.accounts.paid)} orders paid`,
    `shoppers: ${ended.join(", ")}`,
    `network: ${count(counts.unanswered)} requests of ${count(counts.requests)} without an answer (${count(counts.cut)} cut on purpose), ` +
      `${count(counts.retries)} asked again, ${count(counts.double_clicks)} double clicks, ${count(counts.replayed)} answers replayed`,
    `busy: the shop's one thread ${percent(report.runtimeBusy)} of the day, the shoppers' process ${percent(report.generator.busy)}`,
    ...(remarks.length === 0 ? [] : ["", ...remarks.map((remark) => `* ${remark}`)]),
    "",
    renderTable(finding.verdict, finding.snapshot, finding.moving),
    ...report.wrong.map((sentence) => `! ${sentence}`),
  ].join("\n");
}
