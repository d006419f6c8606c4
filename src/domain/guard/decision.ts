import type { Chained } from "../chain.ts";
import type { TripRule } from "./cusum.ts";
import type { Effect, FlagState } from "./flag.ts";
import type { ErrorSample } from "./report.ts";

/** docs/operations.md says of each what to do; a test compares the two. */
export const DECISION_KINDS = [
  "started",
  "resumed",
  "promoted",
  "advanced",
  "approved",
  "waiting_for_person",
  "paused",
  "rolled_back",
  "killed",
  "rearmed",
  "rehearsal",
  "effect_observed",
] as const;
export type DecisionKind = (typeof DECISION_KINDS)[number];

/** What was known when it was decided. */
export interface DecisionEvidence {
  readonly s: number;
  readonly limit: number;
  readonly run: number;
  readonly runLimit: number;
  readonly operations: number;
  readonly errors: number;
  /** The operations that so many errors would have needed at this rung; `null` when no number is enough. */
  readonly needed: number | null;
  readonly rule: TripRule | null;
  /** The last of them, newest first. */
  readonly samples: readonly ErrorSample[];
  readonly effect: Effect | null;
}

export interface Decision {
  /** UTC ms. */
  readonly at: number;
  readonly kind: DecisionKind;
  /** `guard`, `evidence`, `clock`, or whoever commanded it. */
  readonly by: string;
  readonly reason: string;
  readonly from: FlagState;
  readonly to: FlagState;
  readonly share: { readonly from: number; readonly to: number };
  readonly epoch: number;
  readonly evidence: DecisionEvidence;
}
export type ChainedDecision = Chained<Decision>;
