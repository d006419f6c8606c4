import { POLICIES, REPLAY_POLICY, type Route, type StagePolicy } from "./stages.ts";

/** Where events are between the queue and the figures. `replay` is out of the spill, to the shard that they are for. */
export type Step = "apply" | "spill" | "replay";
/** How they may end. While they are at a step they are `pending`: in the queue or in the spill, and nowhere else. */
export type End = "applied" | "dead_letter";
export type Place = Step | End;

export interface Journey {
  readonly at: Place;
  /** Tries that failed at this step. */
  readonly tries: number;
  /** Moves so far, tries that failed included. Being put off because a stage is away is no move: nothing was tried. */
  readonly hops: number;
}

/** `away`: the stage did not answer, or said that it cannot now. `refused`: it is well, and does not take this. */
export type StepOutcome = "ok" | "failed" | "refused" | "away";

/** What else decides. */
export interface Conditions {
  /** The route of the lane, when the outcome is in. */
  readonly route: Route;
  readonly policy: Pick<StagePolicy, "retries">;
}

type When = "diverted" | "tries_left";

interface Rule {
  readonly from: Step;
  readonly on: readonly StepOutcome[];
  readonly when?: When;
  readonly to: Place;
}

const FAILURES = ["failed", "refused", "away"] as const;

/**
 * The machine that decides about events which cannot be counted at once, as a table: the first rule that matches decides. It has cycles (`spill` back
 * to `apply`, `apply` and `replay` to themselves), so what bounds a journey is not its shape but the tries of a step and `HOP_BUDGET`.
 */
export const RULES: readonly Rule[] = [
  { from: "apply", on: ["ok"], to: "applied" },
  { from: "apply", on: FAILURES, when: "diverted", to: "spill" },
  { from: "apply", on: FAILURES, when: "tries_left", to: "apply" },
  { from: "apply", on: FAILURES, to: "spill" },
  { from: "spill", on: ["ok"], to: "replay" },
  { from: "spill", on: FAILURES, when: "tries_left", to: "apply" },
  { from: "spill", on: FAILURES, to: "dead_letter" },
  { from: "replay", on: ["ok"], to: "applied" },
  { from: "replay", on: ["failed", "refused"], when: "tries_left", to: "replay" },
  { from: "replay", on: ["failed", "refused"], to: "dead_letter" },
];

/** Deliveries of the queue, each of which may fail at a shard and at its spill, then the tries of the replay, and both ends. */
export const HOP_BUDGET = 16;

/** A delivery moves at most twice: from the shard to the spill, and from there back or on. */
const HOPS_PER_DELIVERY = 2;

/** Where a message begins that was delivered for the n-th time, counted from 1. */
export const arrived = (route: Route, deliveries: number): Journey => ({
  at: route === "primary" ? "apply" : "spill",
  tries: deliveries - 1,
  hops: HOPS_PER_DELIVERY * (deliveries - 1),
});

/** What was spilled, and was refused so often already. How often it had been delivered before is not kept: the most that there can be counts. */
export const spilled = (refusals: number): Journey => ({
  at: "replay",
  tries: refusals,
  hops: HOPS_PER_DELIVERY * (POLICIES.aggregate.retries + 1) + refusals,
});

/** The journey after the outcome of its present step. Throws when it has ended: that would be a bug of the caller. */
export function next(journey: Journey, outcome: StepOutcome, conditions: Conditions): Journey {
  const { at, tries, hops } = journey;
  if (at === "applied" || at === "dead_letter") throw new Error(`a journey that ended as ${at} goes on`);
  const rule = RULES.find(
    ({ from, on, when }) => from === at && on.includes(outcome) && holds(when, tries, conditions),
  );
  // Nothing was tried, so nothing is used up: it stays where it is, and is pending.
  if (!rule) return journey;
  if (hops + 1 > HOP_BUDGET) return { at: "dead_letter", tries, hops };
  // A delivery's tries are those of its message, whichever step failed.
  const isFresh = at === "spill" && rule.to === "replay";
  const failed = outcome !== "ok" && rule.to !== "spill" && rule.to !== "dead_letter";
  return { at: rule.to, tries: isFresh ? 0 : tries + (failed ? 1 : 0), hops: hops + 1 };
}

function holds(when: When | undefined, tries: number, { route, policy }: Conditions): boolean {
  switch (when) {
    case undefined:
      return true;
    case "diverted":
      return route !== "primary";
    case "tries_left":
      return tries < policy.retries;
  }
}

/** What the spill does with its oldest entry after a try. */
export const afterReplay = (refusals: number, outcome: StepOutcome): Journey =>
  next(spilled(refusals), outcome, { route: "primary", policy: REPLAY_POLICY });
