import type { Characteristic } from "./characteristic.ts";
import { RUN_LIMIT, TRIP_AT } from "./cusum.ts";
import type { ChainedDecision } from "./decision.ts";
import { type FlagDefinition, firstRungOf } from "./definitions.ts";
import { type Effect, liveShareOf, move, newFlag } from "./flag.ts";
import { LADDER, rungName } from "./ladder.ts";
import type { ErrorSample, Obstacle } from "./report.ts";
import {
  COMMANDS,
  type EffectBody,
  type ExpectedBody,
  type FlagBody,
  type FlagDecisionBody,
  type FlagDetails,
  type FlagView,
  type GuardedFlagBody,
  type ObstacleBody,
  type RungBody,
  type SampleBody,
  type Series,
  type SeriesBody,
  type UnguardedFlagBody,
} from "./view.ts";

const time = (ms: number): string => new Date(ms).toISOString();

/** Shares are told in per cent: 0.01 steps. */
const percent = (share: number): number => share / 100;

/** A flag as the admin API shows it. `isGuarded`: whether there is anything to guard; a path without a monolith is at 100 % and stays there. */
export const flagView = (definition: FlagDefinition, isGuarded: boolean, view: FlagView | null): FlagBody =>
  isGuarded ? guardedView(definition, view) : unguardedView(definition);

const unguardedView = ({ key, title, kind, variants }: FlagDefinition): UnguardedFlagBody => {
  return { key, title, kind, variants, guarded: false, state: "unguarded", share_percent: 100, epoch: 0 };
};

function guardedView(definition: FlagDefinition, view: FlagView | null): GuardedFlagBody {
  const { key, title, kind, variants } = definition;
  const flag = view?.flag ?? newFlag(key, firstRungOf(definition), 0);
  return {
    key,
    title,
    kind,
    variants,
    guarded: true,
    state: flag.state,
    share_percent: percent(liveShareOf(flag)),
    rung: rungName(flag.rung),
    epoch: flag.epoch,
    fault: flag.fault,
    entered_at: view ? time(flag.enteredAt) : null,
    guard: { s: flag.guard.s, limit: TRIP_AT, failures_in_a_row: flag.guard.run, run_limit: RUN_LIMIT },
    effect: flag.effect ? effectView(flag.effect) : null,
  };
}

/** The same with everything an operator decides by. */
export function flagDetails(definition: FlagDefinition, isGuarded: boolean, view: FlagView | null): FlagDetails {
  if (!isGuarded) {
    const none = { commands: [], ladder: [], evidence: null, blocked_by: [], errors: [], expected: null };
    return { ...unguardedView(definition), ...none };
  }
  const flag = view?.flag ?? newFlag(definition.key, firstRungOf(definition), 0);
  return {
    ...guardedView(definition, view),
    commands: COMMANDS.filter((type) => move(flag, { type }, 0) !== undefined),
    ladder: ladderView(definition, view),
    evidence: view && {
      operations: view.evidence.operations,
      errors: view.evidence.errors,
      operations_needed: view.evidence.needed,
    },
    blocked_by: (view?.obstacles ?? [{ kind: "stopped" } as const]).map(obstacleView),
    errors: (view?.samples ?? []).map(sampleView),
    expected: view && expectedView(view.characteristic),
  };
}

function ladderView(definition: FlagDefinition, view: FlagView | null): RungBody[] {
  const rungs =
    view?.rungs ??
    LADDER.flatMap((share, rung) =>
      rung < firstRungOf(definition) ? [] : [{ rung, share, passed: false, current: false }],
    );
  return rungs.map(({ rung, share, passed, current }) => ({
    rung: rungName(rung),
    share_percent: percent(share),
    passed,
    current,
  }));
}

/** Why the next rung has not been reached, as data and as a sentence. */
function obstacleView(obstacle: Obstacle): ObstacleBody {
  switch (obstacle.kind) {
    case "operations": {
      const { have, need } = obstacle;
      return {
        reason: "operations",
        have,
        need,
        text: `${need - have} more operations have to be seen (${have} of ${need})`,
      };
    }
    case "errors":
      return {
        reason: "errors",
        have: obstacle.have,
        text: `${obstacle.have} errors: no number of operations is enough`,
      };
    case "dwell": {
      const seconds = Math.ceil(obstacle.leftMs / 1_000);
      return { reason: "dwell", seconds, text: `${seconds} s have to pass at this share` };
    }
    case "person":
      return { reason: "person", text: "the evidence is too thin to decide by: a person has to approve" };
    case "stopped":
      return { reason: "stopped", text: "it is stopped" };
  }
}

function expectedView({ operationsPerSecond, falseAlarms, detection }: Characteristic): ExpectedBody {
  const rounded = (value: number): number => Number(value.toPrecision(3));
  return {
    operations_per_second: rounded(operationsPerSecond),
    false_rollbacks: falseAlarms.map(({ errorRate, operations, everyDays }) => ({
      error_rate: errorRate,
      operations: rounded(operations),
      every_days: operationsPerSecond > 0 ? rounded(everyDays) : null,
    })),
    detection: detection.map(({ errorRate, operations, seconds }) => ({
      error_rate: errorRate,
      operations: rounded(operations),
      seconds: operationsPerSecond > 0 ? rounded(seconds) : null,
    })),
  };
}

const sampleView = ({ at, outcome, status, code, detail, requestId, latencyMs }: ErrorSample): SampleBody => ({
  at: time(at),
  outcome,
  status,
  code,
  detail,
  request_id: requestId,
  latency_ms: latencyMs,
});

const effectView = ({ since, strays, lastStrayAt, safe, verdict }: Effect): EffectBody => ({
  since: time(since),
  strays,
  last_stray_at: lastStrayAt === null ? null : time(lastStrayAt),
  last_stray_after_ms: lastStrayAt === null ? null : lastStrayAt - since,
  safe_operations: safe,
  verdict,
});

export const seriesView = ({ bucketMs, limit, points }: Series): SeriesBody => ({
  bucket_seconds: bucketMs / 1_000,
  limit,
  points: points.map(({ at, share, ...rest }) => ({ at: time(at), ...rest, share_percent: percent(share) })),
});

export function decisionView({ at, share, evidence, ...rest }: ChainedDecision): FlagDecisionBody {
  const { runLimit, samples, effect, ...figures } = evidence;
  return {
    ...rest,
    at: time(at),
    share_percent: { from: percent(share.from), to: percent(share.to) },
    evidence: {
      ...figures,
      run_limit: runLimit,
      errors_seen: samples.map(sampleView),
      effect: effect ? effectView(effect) : null,
    },
  };
}
