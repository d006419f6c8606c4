import type { Stage } from "../../src/domain/pipeline/stages.ts";
import type { StageBody } from "../../src/domain/pipeline/view.ts";
import { span } from "./format.ts";

/** What work passes through, in that order: two lines that meet nowhere. */
export const LINES: readonly { readonly title: string; readonly stages: readonly Stage[] }[] = [
  { title: "Shopper events", stages: ["ingest", "enrich", "aggregate", "alert"] },
  { title: "Orders", stages: ["orders", "payments"] },
];

export const STAGE_NAMES: Readonly<Record<Stage, string>> = {
  ingest: "Take in",
  enrich: "Look up",
  aggregate: "Count",
  alert: "Notify",
  orders: "Move orders on",
  payments: "Charge",
};

const STATE_NAMES: Readonly<Record<StageBody["state"], string>> = {
  running: "Running",
  completed: "Idle, nothing waits",
  failed: "Failing",
  stale: "Silent, work waits",
};

export const stateName = ({ state, indicators }: Pick<StageBody, "state" | "indicators">): string =>
  state === "completed" && indicators.seen_at === null ? "Not heard of yet" : STATE_NAMES[state];

/** What happens instead, in words; nothing while work goes its usual way. */
export function detourName({ stage, route, state }: Pick<StageBody, "stage" | "route" | "state">): string {
  if (route === "bypass") return "bypassed: products go on under defaults";
  if (route === "fallback") return stage === "ingest" ? "views are sent back for later" : "put by, counted later";
  return state === "failed" ? "never led around: its messages wait" : "";
}

/** How much waits and for how long, or that nobody knows. */
export function waiting({ backlog, oldest_ms: oldest }: StageBody["indicators"], count: (n: number) => string): string {
  if (backlog === null) return "\u2013";
  if (backlog === 0) return "0";
  return oldest === null ? count(backlog) : `${count(backlog)}, oldest ${span(oldest)}`;
}
