import type { Characteristic } from "./characteristic.ts";
import type { DecisionKind } from "./decision.ts";
import type { TripRule } from "./cusum.ts";
import type { FlagDefinition } from "./definitions.ts";
import type { Evidence } from "./evidence.ts";
import type { EffectVerdict, Fault, Flag, FlagState } from "./flag.ts";
import type { ErrorSample, Obstacle } from "./report.ts";

/** What a person may do, each only in some states. */
export const COMMANDS = ["start", "advance", "approve", "pause", "kill", "rearm"] as const;
export type CommandType = (typeof COMMANDS)[number];

/**
 * `POST /admin/v1/flags/{key}/{command}`. `if_epoch`, `if_rung` and `if_state` are what the sender saw of the flag, by the names it has in an answer: where it stands
 * elsewhere by now, nothing is done and the answer is 412 `flag_moved`. `kill` is done wherever it stands.
 */
export interface FlagCommandBody {
  readonly reason: string;
  readonly if_epoch?: number | undefined;
  readonly if_rung?: string | undefined;
  readonly if_state?: FlagState | undefined;
}

export interface RungView {
  readonly rung: number;
  readonly share: number;
  readonly passed: boolean;
  readonly current: boolean;
}

/** Everything about one flag that an operator looks at, as its coordinator says it. Times in UTC ms. */
export interface FlagView {
  readonly flag: Flag;
  readonly share: number;
  readonly evidence: Evidence & { readonly needed: number | null };
  readonly obstacles: readonly Obstacle[];
  readonly rungs: readonly RungView[];
  readonly samples: readonly ErrorSample[];
  readonly characteristic: Characteristic;
}

/** Sums of one bucket of time; `s` is the highest that the statistic was in it. */
export interface SeriesPoint {
  /** Begin of the bucket, UTC ms. */
  readonly at: number;
  readonly ok: number;
  readonly err: number;
  readonly safe: number;
  readonly s: number;
  /** In 1/10,000. */
  readonly share: number;
}

export interface Series {
  readonly bucketMs: number;
  readonly limit: number;
  readonly points: readonly SeriesPoint[];
}

/** What is known of a flag without asking its coordinator. */
export interface FlagHead {
  readonly key: string;
  readonly title: string;
  readonly kind: FlagDefinition["kind"];
  readonly variants: FlagDefinition["variants"];
}

/** As it travels. Times RFC 3339, shares in per cent. */
export interface UnguardedFlagBody extends FlagHead {
  readonly guarded: false;
  readonly state: "unguarded";
  readonly share_percent: number;
  readonly epoch: number;
}

export interface GuardedFlagBody extends FlagHead {
  readonly guarded: true;
  readonly state: FlagState;
  readonly share_percent: number;
  readonly rung: string;
  readonly epoch: number;
  readonly fault: Fault | null;
  readonly entered_at: string | null;
  readonly guard: {
    readonly s: number;
    readonly limit: number;
    readonly failures_in_a_row: number;
    readonly run_limit: number;
  };
  readonly effect: EffectBody | null;
}
export type FlagBody = UnguardedFlagBody | GuardedFlagBody;

/** `GET /admin/v1/flags`. A flag whose coordinator does not answer is in `silent` and nowhere else: of its state nothing is known, and it hides none of the others. */
export interface FlagsBody {
  readonly data: readonly FlagBody[];
  readonly silent: readonly FlagHead[];
  readonly next_cursor: null;
}

export interface EffectBody {
  readonly since: string;
  readonly strays: number;
  readonly last_stray_at: string | null;
  readonly last_stray_after_ms: number | null;
  readonly safe_operations: number;
  readonly verdict: EffectVerdict | null;
}

/** `GET /admin/v1/flags/{key}` says this as well. */
export interface FlagCircumstances {
  /** What is possible now. */
  readonly commands: readonly CommandType[];
  readonly ladder: readonly RungBody[];
  readonly evidence: {
    readonly operations: number;
    readonly errors: number;
    readonly operations_needed: number | null;
  } | null;
  readonly blocked_by: readonly ObstacleBody[];
  readonly errors: readonly SampleBody[];
  readonly expected: ExpectedBody | null;
}
export type GuardedFlagDetails = GuardedFlagBody & FlagCircumstances;
export type FlagDetails = (UnguardedFlagBody & FlagCircumstances) | GuardedFlagDetails;

export interface RungBody {
  readonly rung: string;
  readonly share_percent: number;
  readonly passed: boolean;
  readonly current: boolean;
}

export interface ObstacleBody {
  readonly reason: Obstacle["kind"];
  readonly have?: number;
  readonly need?: number;
  readonly seconds?: number;
  readonly text: string;
}

export interface SampleBody {
  readonly at: string;
  readonly outcome: ErrorSample["outcome"];
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly request_id: string;
  readonly latency_ms: number;
}

export interface ExpectedBody {
  readonly operations_per_second: number;
  /** `null`: there is no traffic to say it for. */
  readonly false_rollbacks: readonly {
    readonly error_rate: number;
    readonly operations: number;
    readonly every_days: number | null;
  }[];
  readonly detection: readonly {
    readonly error_rate: number;
    readonly operations: number;
    readonly seconds: number | null;
  }[];
}

/** `GET /admin/v1/flags/{key}/series`. */
export interface SeriesBody {
  readonly bucket_seconds: number;
  readonly limit: number;
  readonly points: readonly SeriesPointBody[];
}

export interface SeriesPointBody {
  readonly at: string;
  readonly ok: number;
  readonly err: number;
  readonly safe: number;
  readonly s: number;
  readonly share_percent: number;
}

/** One entry of `GET /admin/v1/flags/{key}/decisions`. */
export interface FlagDecisionBody {
  readonly seq: number;
  readonly at: string;
  readonly kind: DecisionKind;
  readonly by: string;
  readonly reason: string;
  readonly from: FlagState;
  readonly to: FlagState;
  readonly share_percent: { readonly from: number; readonly to: number };
  readonly epoch: number;
  readonly evidence: {
    readonly s: number;
    readonly limit: number;
    readonly run: number;
    readonly run_limit: number;
    readonly operations: number;
    readonly errors: number;
    readonly needed: number | null;
    readonly rule: TripRule | null;
    readonly errors_seen: readonly SampleBody[];
    readonly effect: EffectBody | null;
  };
  readonly previous: string;
  readonly hash: string;
}

export interface FlagDecisionsBody {
  readonly data: readonly FlagDecisionBody[];
  readonly next_cursor: string | null;
  readonly chain: { readonly intact: boolean; readonly first_broken: number | null };
}
