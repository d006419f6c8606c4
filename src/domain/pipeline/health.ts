import { ageMs } from "../age.ts";
import type { PipelineDecision } from "./decision.ts";
import { quantile, sumOf } from "./latency.ts";
import { type Pipeline, roll, SILENCE_MS, type StageState } from "./pipeline.ts";
import { POLICIES, type Stage, stageOf } from "./stages.ts";

/** `completed`: what there was to do is done, and nothing waits. That is what an idle stage is, and it is not `stale`. */
export type StageHealth = "running" | "completed" | "failed" | "stale";

/** What waits in a queue. `oldestAt` in UTC ms; null when nothing waits, or the queue does not say. */
export interface Backlog {
  readonly count: number;
  readonly oldestAt: number | null;
}

/** What waits for a stage; `undefined` when it has no queue, or the queue could not be asked. */
export type Backlogs = Readonly<Partial<Record<Stage, Backlog>>>;

/** Something waits that could have been done, and nobody is heard of. What waits on purpose, for a retry or a delay, is not outstanding. */
export function isStale(
  { stage, seenAt, deferredUntil }: StageState,
  backlog: Backlog | undefined,
  now: number,
): boolean {
  if (!backlog || backlog.count === 0) return false;
  // Heard of before the clock was put back is not heard of.
  const heardAt = seenAt !== null && ageMs(seenAt, now) < Infinity ? seenAt : 0;
  const since = Math.max(heardAt, deferredUntil, (backlog.oldestAt ?? now) + POLICIES[stage].delayMaxMs);
  return since > 0 && now - since > SILENCE_MS;
}

export function healthOf(pipeline: Pipeline, stage: Stage, backlog: Backlog | undefined, now: number): StageHealth {
  const state = pipeline.stages.find((each) => each.stage === stage);
  if (pipeline.lanes.some(({ lane, breaker }) => stageOf(lane) === stage && breaker.state !== "closed"))
    return "failed";
  if (!state) return "completed";
  if (isStale(state, backlog, now)) return "stale";
  const isHeard = state.seenAt !== null && ageMs(state.seenAt, now) <= SILENCE_MS;
  return isHeard || (backlog?.count ?? 0) > 0 ? "running" : "completed";
}

/** Looks at every stage whose work waits in a queue. Answers the decisions, and whether somebody has to look again. */
export function watch(
  pipeline: Pipeline,
  backlogs: Backlogs,
  now: number,
): { readonly pipeline: Pipeline; readonly decisions: readonly PipelineDecision[]; readonly isQuiet: boolean } {
  const decisions: PipelineDecision[] = [];
  let isQuiet = true;
  const stages = pipeline.stages.map((state) => {
    const backlog = backlogs[state.stage];
    if ((backlog?.count ?? 0) > 0 || (state.seenAt !== null && ageMs(state.seenAt, now) <= SILENCE_MS)) isQuiet = false;
    if (state.staleSince !== null || !isStale(state, backlog, now)) return state;
    const staleSince = state.seenAt ?? now;
    const oldestMs = now - (backlog?.oldestAt ?? staleSince);
    decisions.push({
      at: now,
      kind: "stale",
      lane: state.stage,
      route: { from: "primary", to: "primary" },
      epoch: pipeline.epoch,
      evidence: { backlog: backlog?.count ?? 0, oldestMs },
    });
    return { ...state, staleSince };
  });
  return { pipeline: { ...pipeline, stages }, decisions, isQuiet };
}

/** Of the last one to two minutes. */
export interface Indicators {
  readonly ok: number;
  readonly errors: number;
  /** 0 to 1; null when nothing was done. */
  readonly errorShare: number | null;
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
  readonly seenAt: number | null;
  readonly lastError: StageState["lastError"];
}

export function indicatorsOf(state: StageState, now: number): Indicators {
  const rolled = roll(state, now);
  const ok = rolled.now.ok + rolled.before.ok;
  const errors = rolled.now.errors + rolled.before.errors;
  const latency = sumOf(rolled.now.latency, rolled.before.latency);
  const [p50, p99] = [quantile(latency, 0.5), quantile(latency, 0.99)];
  return {
    ok,
    errors,
    errorShare: ok + errors === 0 ? null : errors / (ok + errors),
    latencyMs: p50 === null || p99 === null ? null : { p50, p99 },
    seenAt: state.seenAt,
    lastError: state.lastError,
  };
}
