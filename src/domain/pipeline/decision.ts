import type { Chained } from "../chain.ts";
import type { TripRule } from "./breaker.ts";
import type { Lane, Route, Stage } from "./stages.ts";

/** docs/operations.md says of each what to do; a test compares the two. */
export const DECISION_KINDS = [
  "opened",
  "reopened",
  "closed",
  "stale",
  "fresh",
  "spilled",
  "drained",
  "gave_up",
] as const;
export type DecisionKind = (typeof DECISION_KINDS)[number];

/** What the coordinator decided or found out, with what it knew. Times in UTC ms. */
export interface PipelineDecision {
  readonly at: number;
  readonly kind: DecisionKind;
  readonly lane: Lane;
  readonly route: { readonly from: Route; readonly to: Route };
  readonly epoch: number;
  readonly evidence: DecisionEvidence;
}

export interface DecisionEvidence {
  readonly rule?: TripRule;
  /** Of the CUSUM, as a number of failures, and its limit. */
  readonly s?: number;
  readonly run?: number;
  readonly error?: string | undefined;
  readonly opens?: number;
  readonly openMs?: number;
  /** How long what has just ended had lasted. */
  readonly lastedMs?: number;
  readonly backlog?: number;
  readonly oldestMs?: number;
  readonly events?: number;
}

export type StoredDecision = Chained<PipelineDecision>;

const WORK: Readonly<Record<Stage, string>> = {
  ingest: "the events queue",
  enrich: "the catalog look-up",
  aggregate: "counting",
  alert: "handing out notifications",
  orders: "moving orders on",
  payments: "charging",
};

const DETOURS: Readonly<Record<Stage, string>> = {
  ingest: "views are sent back to their browsers for later; carts and orders are still tried",
  enrich: "products go on under defaults and are looked up again later",
  aggregate: "events are put by in a durable spill",
  alert: "nothing is rerouted: notifications wait in their queue",
  orders: "nothing is rerouted: the messages wait in their queue",
  payments: "nothing is rerouted: money is never bypassed, the messages wait in their queue",
};

const RULES: Readonly<Record<TripRule, string>> = {
  run: "every one of the last calls failed",
  cusum: "more than 5 % of the calls fail",
  probe: "a probe failed",
};

const seconds = (ms = 0): string => `${ms < 10_000 ? (ms / 1_000).toFixed(1) : Math.round(ms / 1_000)} s`;
const events = (count = 0): string => `${count} event${count === 1 ? "" : "s"}`;

/** The decision as a sentence for a person. */
export function sentenceOf({ kind, lane, evidence }: PipelineDecision, stage: Stage): string {
  const part = lane.includes("/") ? ` at ${lane.slice(lane.indexOf("/") + 1)}` : "";
  const what = `${WORK[stage]}${part}`;
  switch (kind) {
    case "opened":
      return `Left ${what} for ${seconds(evidence.openMs)}: ${RULES[evidence.rule ?? "run"]}; ${DETOURS[stage]}.`;
    case "reopened":
      return `Tried ${what} again and left it for another ${seconds(evidence.openMs)}: a probe failed.`;
    case "closed":
      return `Went back to ${what} after ${seconds(evidence.lastedMs)}: every probe succeeded.`;
    case "stale":
      return `Nobody is ${what === "the events queue" ? "reading it" : what}: ${evidence.backlog ?? 0} messages wait, the oldest for ${seconds(evidence.oldestMs)}.`;
    case "fresh":
      return `${capital(what)} goes on again after ${seconds(evidence.lastedMs)} of silence.`;
    case "spilled":
      return `Began to put events by for ${lane.slice(lane.indexOf("/") + 1)}: ${events(evidence.events)} so far.`;
    case "drained":
      return `Counted everything that was put by for ${lane.slice(lane.indexOf("/") + 1)}; the oldest had waited ${seconds(evidence.lastedMs)}.`;
    case "gave_up":
      return `Laid ${events(evidence.events)} among the dead letters: ${lane.slice(lane.indexOf("/") + 1)} is well and refused them again and again.`;
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
