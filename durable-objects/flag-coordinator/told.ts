import { RUN_LIMIT, TRIP_AT, type TripRule } from "../../src/domain/guard/cusum.ts";
import type { Decision, DecisionKind } from "../../src/domain/guard/decision.ts";
import { operationsNeeded } from "../../src/domain/guard/evidence.ts";
import { type AutomaticEvent, type Flag, liveShareOf } from "../../src/domain/guard/flag.ts";
import { type ErrorSample, evidenceOf } from "../../src/domain/guard/report.ts";
import type { FlagCommand } from "./commands.ts";

/** What the log is to say of a move: what it was, who decided, and why. */
export interface Told {
  readonly kind: DecisionKind;
  readonly by: string;
  readonly reason: string;
  readonly rule?: TripRule;
}

export const KIND_OF_COMMAND = {
  start: "started",
  advance: "advanced",
  approve: "approved",
  pause: "paused",
  kill: "killed",
  rearm: "rearmed",
} as const satisfies Record<FlagCommand["type"], DecisionKind>;

export function toldOf(event: AutomaticEvent): Told {
  switch (event.type) {
    case "trip": {
      const why = event.rule === "run" ? `${RUN_LIMIT} failures in a row` : `the statistic reached ${TRIP_AT}`;
      return { kind: "rolled_back", by: "guard", reason: why, rule: event.rule };
    }
    case "stalled":
      return { kind: "waiting_for_person", by: "clock", reason: "not enough operations to decide by evidence" };
    case "evidence":
      return { kind: "promoted", by: "evidence", reason: "an error rate of 1 % is ruled out at this share" };
  }
}

/** The entry, with what was known before the move. `samples` newest first. */
export function decisionOf(
  from: Flag,
  to: Flag,
  { kind, by, reason, rule }: Told,
  now: number,
  samples: readonly ErrorSample[],
): Decision {
  const { operations, errors } = evidenceOf(from);
  return {
    at: now,
    kind,
    by,
    reason,
    from: from.state,
    to: to.state,
    share: { from: liveShareOf(from), to: liveShareOf(to) },
    epoch: to.epoch,
    evidence: {
      s: from.guard.s,
      limit: TRIP_AT,
      run: from.guard.run,
      runLimit: RUN_LIMIT,
      operations,
      errors,
      needed: operationsNeeded(errors) ?? null,
      rule: rule ?? null,
      samples,
      effect: to.effect,
    },
  };
}
