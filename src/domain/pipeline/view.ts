import type { Breaker, BreakerState } from "./breaker.ts";
import { type DecisionKind, sentenceOf, type StoredDecision } from "./decision.ts";
import type { Backlog, Indicators, StageHealth } from "./health.ts";
import type { SpillState } from "./spill.ts";
import type { SpillTotals } from "./spills.ts";
import { type Lane, POLICIES, type Route, type Stage, stageOf } from "./stages.ts";

/** What the coordinator says of one lane, one stage, and all of it. Times in UTC ms. */
export interface LaneView {
  readonly lane: Lane;
  readonly route: Route;
  readonly breaker: Breaker;
}

export interface StageView {
  readonly stage: Stage;
  readonly health: StageHealth;
  readonly staleSince: number | null;
  readonly indicators: Indicators;
  /** `null`: it has no queue, or the queue did not say. */
  readonly backlog: Backlog | null;
  readonly lanes: readonly LaneView[];
}

export interface PipelineView {
  readonly at: number;
  readonly epoch: number;
  readonly stages: readonly StageView[];
  readonly spill: SpillTotals & { readonly shards: readonly SpillState[] };
}

/** As it travels: `GET /admin/v1/pipeline`. Times RFC 3339, durations in ms. */
export interface PipelineBody {
  readonly as_of: string;
  readonly epoch: number;
  readonly stages: readonly StageBody[];
  readonly spill: SpillBody & { readonly shards: readonly (SpillBody & { readonly shard: string })[] };
}

export interface StageBody {
  readonly stage: Stage;
  readonly state: StageHealth;
  /** The worst of its lanes' routes. */
  readonly route: Route;
  /** What it would be led around by, and null for what never is. */
  readonly detour: Route | null;
  readonly stale_since?: string;
  readonly indicators: {
    readonly ok: number;
    readonly errors: number;
    readonly error_share: number | null;
    readonly latency_ms: { readonly p50: number; readonly p99: number } | null;
    readonly backlog: number | null;
    readonly oldest_ms: number | null;
    readonly seen_at: string | null;
    readonly last_error?: { readonly at: string; readonly text: string };
  };
  readonly lanes: readonly LaneBody[];
}

export interface LaneBody {
  readonly lane: Lane;
  readonly route: Route;
  readonly breaker: BreakerState;
  /** Of the CUSUM, in failures; it opens at 5. */
  readonly s: number;
  readonly failures_in_a_row: number;
  readonly open_since?: string;
  readonly open_until?: string;
  readonly probes_passed?: number;
}

export interface SpillBody {
  readonly parts: number;
  readonly events: number;
  readonly bytes: number;
  readonly oldest_ms: number | null;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const ageOf = (at: number | null, now: number): number | null => (at === null ? null : Math.max(0, now - at));

export function pipelineBody({ at, epoch, stages, spill }: PipelineView): PipelineBody {
  return {
    as_of: iso(at),
    epoch,
    stages: stages.map((stage) => stageBody(stage, at)),
    spill: {
      ...spillBody(spill, at),
      shards: spill.shards
        .filter(({ parts }) => parts > 0)
        .map((state) => ({ shard: state.shard, ...spillBody(state, at) }))
        .toSorted((a, b) => b.events - a.events),
    },
  };
}

function stageBody({ stage, health, staleSince, indicators, backlog, lanes }: StageView, now: number): StageBody {
  const { ok, errors, errorShare, latencyMs, seenAt, lastError } = indicators;
  return {
    stage,
    state: health,
    route: lanes.find(({ route }) => route !== "primary")?.route ?? "primary",
    detour: POLICIES[stage].detour,
    ...(staleSince !== null && { stale_since: iso(staleSince) }),
    indicators: {
      ok,
      errors,
      error_share: errorShare,
      latency_ms: latencyMs,
      backlog: backlog?.count ?? null,
      oldest_ms: backlog ? ageOf(backlog.oldestAt, now) : null,
      seen_at: seenAt === null ? null : iso(seenAt),
      ...(lastError && { last_error: { at: iso(lastError.at), text: lastError.text } }),
    },
    lanes: lanes.map(laneBody),
  };
}

function laneBody({ lane, route, breaker }: LaneView): LaneBody {
  const { state, s, run, since, openUntil, probed } = breaker;
  return {
    lane,
    route,
    breaker: state,
    s: s / 100,
    failures_in_a_row: run,
    ...(since !== null && { open_since: iso(since) }),
    ...(state === "open" && { open_until: iso(openUntil) }),
    ...(state === "half_open" && { probes_passed: probed }),
  };
}

const spillBody = ({ parts, events, bytes, oldestAt }: SpillTotals, now: number): SpillBody => ({
  parts,
  events,
  bytes,
  oldest_ms: ageOf(oldestAt, now),
});

/** One line of the log book, whichever coordinator wrote it: `GET /admin/v1/decisions`. */
export interface DecisionBody {
  /** `<source>:<number>`; numbers of a source grow by one. */
  readonly id: string;
  readonly at: string;
  readonly source: string;
  readonly subject: string;
  readonly kind: string;
  readonly tone: "trouble" | "relief" | "note";
  /** What was decided and why, as a sentence. */
  readonly text: string;
  readonly by: string;
  /** Of the entry in its log, and of all before it; empty in entries of before that log was a chain. */
  readonly hash: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

export interface DecisionsBody {
  readonly data: readonly DecisionBody[];
  readonly next_cursor: string | null;
  /** Whether every log is as it was written, the lines that are not on this page included. */
  readonly chain: {
    readonly intact: boolean;
    readonly broken: readonly { readonly source: string; readonly first_broken: number }[];
  };
}

const TONES: Readonly<Record<DecisionKind, DecisionBody["tone"]>> = {
  opened: "trouble",
  reopened: "trouble",
  stale: "trouble",
  gave_up: "trouble",
  spilled: "note",
  closed: "relief",
  fresh: "relief",
  drained: "relief",
};

export const decisionBody = (decision: StoredDecision): DecisionBody => ({
  id: `pipeline:${decision.seq}`,
  at: iso(decision.at),
  source: "pipeline",
  subject: decision.lane,
  kind: decision.kind,
  tone: TONES[decision.kind],
  text: sentenceOf(decision, stageOf(decision.lane)),
  by: "pipeline",
  hash: decision.hash,
  evidence: { ...decision.evidence, epoch: decision.epoch, route: decision.route },
});
