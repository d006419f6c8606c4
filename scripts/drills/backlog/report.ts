import type { RecordableHistogram } from "node:perf_hooks";
import type { Machine } from "../../../bench/machine.ts";
import type { Place } from "../../../bench/settings.ts";
import { renderTable } from "../../audit/report.ts";
import { wrongsOf } from "./accounts.ts";
import type { Findings } from "./run.ts";
import type { Settings } from "./settings.ts";

export interface Circumstances {
  readonly machine: Machine;
  readonly place: Place;
  readonly settings: Settings;
}

const LABEL_CHARS = 34;
const count = (value: number): string => Math.round(value).toLocaleString("en-US");
const seconds = (value: number): string => `${value.toFixed(1)} s`;
const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
const ms = (value: number): string => value.toFixed(1);

function quantiles(
  latencies: RecordableHistogram,
): Readonly<Record<"p50" | "p95" | "p99", number>> & { count: number } {
  const at = (percentile: number): number => latencies.percentile(percentile) / 1_000;
  return { p50: at(50), p95: at(95), p99: at(99), count: latencies.count };
}

function quantileOf(values: readonly number[], quantile: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? Number.NaN;
}

/** The figures as one JSON document. */
export function reportOf({ machine, place, settings }: Circumstances, findings: Findings) {
  const { accounts, checkouts, provider, samples, promised, webhooks, finding, ...rest } = findings;
  const { limit } = settings;
  const [idle, placing, draining] = [checkouts.idle, checkouts.placing, checkouts.draining].map(quantiles);
  if (!idle || !placing || !draining) throw new Error("all three phases are measured");
  return {
    machine,
    state: place.kind,
    limit,
    ...rest,
    drainOfLimit: findings.drainPerSecond / limit,
    refusedShare: provider.refused / (provider.calls + provider.refused),
    provider,
    checkoutMs: { idle, placing, draining, ratio: { p50: draining.p50 / idle.p50, p99: draining.p99 / idle.p99 } },
    webhookAnswerMs: { p50: quantileOf(webhooks.answersMs, 0.5), p99: quantileOf(webhooks.answersMs, 0.99) },
    webhooksFailed: webhooks.failed,
    webhooksOpenAtMost: samples.reduce((most, { undelivered }) => Math.max(most, undelivered), 0),
    longestToldS: promised.reduce((longest, { toldS }) => Math.max(longest, toldS), 0),
    toldBesideTookS: quantileOf(
      promised.map(({ toldS, tookS }) => Math.abs(toldS - tookS)),
      0.9,
    ),
    accounts,
    wrong: [...wrongsOf(accounts), ...(finding.verdict.balanced ? [] : finding.moving)],
    samples,
    promised,
  };
}
export type Report = ReturnType<typeof reportOf>;

export function render(report: Report, { finding }: Findings): string {
  const { machine, accounts, provider, checkoutMs, webhookAnswerMs } = report;
  const row = (label: string, value: string): string => `${label.padEnd(LABEL_CHARS)}${value}`;
  const latency = ({ p50, p95, p99, count: n }: Report["checkoutMs"]["idle"]): string =>
    `p50 ${ms(p50)}  p95 ${ms(p95)}  p99 ${ms(p99)} ms  (${count(n)})`;
  const { p50, p99 } = checkoutMs.ratio;
  return [
    `${machine.cores} x ${machine.cpu}, ${machine.memoryGiB} GiB, load ${machine.loadBefore.toFixed(2)}, state on ${report.state}`,
    "",
    row("orders accepted", count(accounts.accepted)),
    row("  placed in", `${seconds(report.placedInS)}, ${count(report.repeats)} requests asked for again`),
    row("  waiting when the drain began", count(report.waitingAtRelease)),
    row("drained in", seconds(report.drainedInS)),
    row(
      "  charges per second",
      `${report.drainPerSecond.toFixed(1)} of ${report.limit} (${percent(report.drainOfLimit, 1)})`,
    ),
    row(
      "  waits told to new shoppers",
      `up to ${count(report.longestToldS)} s, nine in ten right to ${seconds(report.toldBesideTookS)}`,
    ),
    row("calls answered 429", `${count(provider.refused)} (${percent(report.refusedShare, 1)})`),
    row("most calls in any second", count(provider.peakPerSecond)),
    row("checkout, idle shop", latency(checkoutMs.idle)),
    row("checkout, placing the backlog", latency(checkoutMs.placing)),
    row("checkout, during the drain", latency(checkoutMs.draining)),
    row("  of the idle shop's", `p50 x ${p50.toFixed(2)}  p99 x ${p99.toFixed(2)}`),
    row("webhooks answered in", `p50 ${ms(webhookAnswerMs.p50)}  p99 ${ms(webhookAnswerMs.p99)} ms`),
    row(
      "  not delivered yet, at most",
      `${count(report.webhooksOpenAtMost)}; ${count(report.webhooksFailed)} attempts failed`,
    ),
    row("charges", count(accounts.charges)),
    row("orders paid", count(accounts.paid)),
    row("lost", count(accounts.lost.length)),
    row("made, and nobody was told", count(accounts.untold.length)),
    row("doubled", count(accounts.doubled.length)),
    row("dead letters", count(accounts.deadLetters)),
    row("audit", accounts.balanced ? "balanced" : "NOT BALANCED"),
    ...(accounts.balanced ? [] : ["", renderTable(finding.verdict, finding.snapshot, finding.moving)]),
    ...report.wrong.map((sentence) => `! ${sentence}`),
  ].join("\n");
}
