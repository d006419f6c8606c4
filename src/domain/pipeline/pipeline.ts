import { ageMs } from "../age.ts";
import { atTime, type Breaker, CLOSED, type Moved, observe, openMs, PROBES } from "./breaker.ts";
import type { PipelineDecision } from "./decision.ts";
import { type Durations, noDurations, sumOf } from "./latency.ts";
import { type LaneReport, LEASE_MS, type RoutingLease } from "./report.ts";
import { type Lane, POLICIES, type Route, type Stage, stageOf, STAGES } from "./stages.ts";

/** Counts of one minute; figures are of the minute before and of this one so far. */
const WINDOW_MS = 60_000;
/** A stage that was heard of less than this ago is alive. */
export const SILENCE_MS = 15_000;
/** Lanes that are kept: the stages and a shard each. */
const LANES_MAX = 300;

export interface LaneState {
  readonly lane: Lane;
  readonly breaker: Breaker;
  readonly granted: { readonly probes: number; readonly at: number };
}

export interface Window {
  readonly startedAt: number;
  readonly ok: number;
  readonly errors: number;
  readonly latency: Durations;
}

export interface StageState {
  readonly stage: Stage;
  readonly now: Window;
  readonly before: Window;
  /** When it was last heard of; null before the first time. */
  readonly seenAt: number | null;
  readonly deferredUntil: number;
  readonly staleSince: number | null;
  readonly lastError: { readonly at: number; readonly text: string } | null;
}

/** All that the coordinator knows, as plain data. Times in UTC ms. */
export interface Pipeline {
  readonly epoch: number;
  readonly lanes: readonly LaneState[];
  readonly stages: readonly StageState[];
}

const emptyWindow = (startedAt: number): Window => ({ startedAt, ok: 0, errors: 0, latency: noDurations() });

export const newPipeline = (): Pipeline => ({
  epoch: 0,
  lanes: [],
  stages: STAGES.map((stage) => ({
    stage,
    now: emptyWindow(0),
    before: emptyWindow(0),
    seenAt: null,
    deferredUntil: 0,
    staleSince: null,
    lastError: null,
  })),
});

export const routeOf = (lane: Lane, { state }: Breaker): Route =>
  state === "closed" ? "primary" : (POLICIES[stageOf(lane)].detour ?? "primary");

export interface Observed {
  readonly pipeline: Pipeline;
  readonly decisions: readonly PipelineDecision[];
}

/** Takes in what one isolate saw of one lane, and decides about it. */
export function observeLane(pipeline: Pipeline, report: LaneReport, now: number): Observed {
  const { lane } = report;
  const known = pipeline.lanes.find((each) => each.lane === lane);
  const before = known?.breaker ?? CLOSED;
  const moved = observe(before, report, now);
  const heard = pipeline.stages.map((each) => (each.stage === stageOf(lane) ? hear(each, report, now) : each));
  const granted = moved.change ? NOTHING_GRANTED : spend(known?.granted ?? NOTHING_GRANTED, report);
  const next: LaneState = { lane, breaker: moved.breaker, granted };
  const lanes = known
    ? pipeline.lanes.map((each) => (each === known ? next : each))
    : [...pipeline.lanes.slice(-LANES_MAX), next];
  const isRerouted = routeOf(lane, before) !== routeOf(lane, moved.breaker);
  const epoch = pipeline.epoch + (isRerouted ? 1 : 0);
  return {
    pipeline: { epoch, lanes, stages: heard },
    decisions: [
      ...fresh(pipeline, lane, epoch, now),
      ...(moved.change ? [decided(before, moved, report, epoch, now)] : []),
    ],
  };
}

const NOTHING_GRANTED = { probes: 0, at: 0 } as const;

/** Probes that have come back no longer count as under way. */
const spend = ({ probes, at }: LaneState["granted"], { ok, errors }: LaneReport): LaneState["granted"] => ({
  probes: Math.max(0, probes - ok - errors),
  at,
});

function hear(
  state: StageState,
  { ok, errors, latency, error, deferredUntil = 0 }: LaneReport,
  now: number,
): StageState {
  const rolled = roll(state, now);
  const { startedAt } = rolled.now;
  return {
    ...rolled,
    now: {
      startedAt,
      ok: rolled.now.ok + ok,
      errors: rolled.now.errors + errors,
      latency: sumOf(rolled.now.latency, latency),
    },
    seenAt: now,
    deferredUntil: Math.max(state.deferredUntil, deferredUntil),
    staleSince: null,
    lastError: error === undefined ? state.lastError : { at: now, text: error },
  };
}

/** The windows as they are at this time. */
export function roll(state: StageState, now: number): StageState {
  const age = now - state.now.startedAt;
  if (age < WINDOW_MS) return state;
  const startedAt = now - (now % WINDOW_MS);
  return { ...state, now: emptyWindow(startedAt), before: age < 2 * WINDOW_MS ? state.now : emptyWindow(startedAt) };
}

function fresh({ stages }: Pipeline, lane: Lane, epoch: number, now: number): PipelineDecision[] {
  const since = stages.find(({ stage }) => stage === stageOf(lane))?.staleSince ?? null;
  if (since === null) return [];
  return [{ at: now, kind: "fresh", lane: stageOf(lane), route: SAME, epoch, evidence: { lastedMs: now - since } }];
}

const SAME = { from: "primary", to: "primary" } as const;

function decided(
  before: Breaker,
  { breaker, change }: Moved,
  { lane, error }: LaneReport,
  epoch: number,
  now: number,
): PipelineDecision {
  const route = { from: routeOf(lane, before), to: routeOf(lane, breaker) };
  if (change?.to !== "open") {
    return { at: now, kind: "closed", lane, route, epoch, evidence: { lastedMs: now - (before.since ?? now) } };
  }
  const { s, run, opens } = breaker;
  const evidence = { rule: change.rule, s: s / 100, run, error, opens, openMs: openMs(opens) };
  return { at: now, kind: change.rule === "probe" ? "reopened" : "opened", lane, route, epoch, evidence };
}

/**
 * The table for whoever asks, and the pipeline with the probes that this grants: only for lanes that the asker works at. With anybody else they would be under
 * way for the length of a lease, and nobody would try the stage meanwhile. Who does not say is one who works at all of them.
 */
export function lease(
  pipeline: Pipeline,
  now: number,
  works?: readonly Lane[],
): { readonly lease: RoutingLease; readonly pipeline: Pipeline } {
  const lanes = pipeline.lanes.map((each) => grant(each, now, works?.includes(each.lane) ?? true));
  const granted = lanes.flatMap(({ state, probes }) => {
    const { lane, breaker } = state;
    return breaker.state === "closed" ? [] : [{ lane, route: routeOf(lane, breaker), breaker: breaker.state, probes }];
  });
  return {
    lease: { epoch: pipeline.epoch, lanes: granted },
    pipeline: { ...pipeline, lanes: lanes.map(({ state }) => state) },
  };
}

/** At most `PROBES` calls are tried before one of them fails; those that were granted and not heard of again are granted anew. */
function grant(
  known: LaneState,
  now: number,
  isWorkedAt: boolean,
): { readonly state: LaneState; readonly probes: number } {
  const breaker = atTime(known.breaker, now);
  if (breaker.state !== "half_open" || !isWorkedAt) return { state: { ...known, breaker }, probes: 0 };
  const underWay = ageMs(known.granted.at, now) < LEASE_MS ? known.granted.probes : 0;
  const probes = Math.max(0, PROBES - breaker.probed - underWay);
  if (probes === 0) return { state: { ...known, breaker }, probes };
  return { state: { ...known, breaker, granted: { probes: underWay + probes, at: now } }, probes };
}
