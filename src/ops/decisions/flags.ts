import { decisionView } from "../../domain/guard/body.ts";
import type { ChainedDecision, DecisionKind } from "../../domain/guard/decision.ts";
import { featureFlags, PATH_FLAGS } from "../../domain/guard/definitions.ts";
import type { DecisionBody } from "../../domain/pipeline/view.ts";
import { callObject } from "../../platform/object-call.ts";
import { time } from "../context.ts";
import type { DecisionSource } from "./sources.ts";

const TONES: Readonly<Record<DecisionKind, DecisionBody["tone"]>> = {
  started: "note",
  resumed: "note",
  promoted: "relief",
  advanced: "note",
  approved: "note",
  waiting_for_person: "note",
  paused: "note",
  rolled_back: "trouble",
  killed: "trouble",
  rearmed: "note",
  rehearsal: "note",
  effect_observed: "note",
};

/** The logs of all flags that are guarded, each a source of its own: their numbers have nothing to do with one another. */
export function flagSources(env: OpsEnv): DecisionSource[] {
  const paths = env.LEGACY_ORIGIN === "" ? [] : PATH_FLAGS;
  return [...paths, ...featureFlags(env.FEATURE_FLAGS)].map(({ key }) => ({
    name: `flag:${key}`,
    list: async (limit, before) => {
      const { decisions } = await callObject(() => env.FLAG_COORDINATOR.getByName(key).decisions(limit, before));
      return decisions.map((decision) => bodyOf(key, decision));
    },
  }));
}

function bodyOf(key: string, decision: ChainedDecision): DecisionBody {
  const { seq, at, kind, by, reason, share } = decision;
  const moved = share.from === share.to ? "" : ` (${share.from / 100} % to ${share.to / 100} %)`;
  return {
    id: `flag:${key}:${seq}`,
    at: time(at),
    source: `flag:${key}`,
    subject: key,
    kind,
    tone: TONES[kind],
    text: `${key}: ${kind.replaceAll("_", " ")}${moved}. ${reason}`,
    by,
    evidence: { ...decisionView(decision).evidence },
  };
}
