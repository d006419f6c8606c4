import type { DecisionKind } from "./decision.ts";
import type { EffectVerdict } from "./flag.ts";

/** How a line of the log is to be read: somebody has to look, something is well again, or it is good to know. */
export type Tone = "trouble" | "relief" | "note";

const EFFECTS: Readonly<Record<EffectVerdict, Tone>> = {
  effective: "relief",
  ineffective: "trouble",
  unproven: "note",
};

/** What was seen after a rollback is what its verdict says; one that is not out yet claims nothing (pitfall 21). */
export function toneOfDecision(kind: DecisionKind, verdict: EffectVerdict | null | undefined): Tone {
  switch (kind) {
    case "rolled_back":
    case "killed":
      return "trouble";
    case "promoted":
      return "relief";
    case "effect_observed":
      return EFFECTS[verdict ?? "unproven"];
    case "started":
    case "resumed":
    case "advanced":
    case "approved":
    case "waiting_for_person":
    case "paused":
    case "rearmed":
    case "rehearsal":
      return "note";
  }
}
