import { decisionView } from "../../domain/guard/body.ts";
import type { ChainedDecision } from "../../domain/guard/decision.ts";
import { featureFlags, PATH_FLAGS } from "../../domain/guard/definitions.ts";
import { toneOfDecision } from "../../domain/guard/tone.ts";
import type { DecisionBody } from "../../domain/pipeline/view.ts";
import { callObject } from "../../platform/object-call.ts";
import { time } from "../context.ts";
import type { DecisionSource } from "./sources.ts";

/** The logs of all flags that are guarded, each a source of its own: their numbers have nothing to do with one another. */
export function flagSources(env: OpsEnv): DecisionSource[] {
  const paths = env.LEGACY_ORIGIN === "" ? [] : PATH_FLAGS;
  return [...paths, ...featureFlags(env.FEATURE_FLAGS)].map(({ key }) => ({
    name: `flag:${key}`,
    list: async (limit, before) => {
      const page = await callObject(() => env.FLAG_COORDINATOR.getByName(key).decisions(limit, before));
      const lines = page.decisions.map((decision) => bodyOf(key, decision));
      return { lines, firstBroken: page.chain.firstBroken };
    },
  }));
}

function bodyOf(key: string, decision: ChainedDecision): DecisionBody {
  const { seq, at, kind, by, reason, share, evidence, hash } = decision;
  const moved = share.from === share.to ? "" : ` (${share.from / 100} % to ${share.to / 100} %)`;
  return {
    id: `flag:${key}:${seq}`,
    at: time(at),
    source: `flag:${key}`,
    subject: key,
    kind,
    tone: toneOfDecision(kind, evidence.effect?.verdict),
    text: `${key}: ${kind.replaceAll("_", " ")}${moved}. ${reason}`,
    by,
    hash,
    evidence: { ...decisionView(decision).evidence },
  };
}
