import type { DecisionKind, PipelineDecision } from "./decision.ts";
import type { SpillState } from "./spill.ts";
import { laneOfShard } from "./stages.ts";

/** What each spill last said, and since when there is something in it. */
export interface KnownSpill extends SpillState {
  readonly since: number;
}

export interface SpillTotals {
  readonly parts: number;
  readonly events: number;
  readonly bytes: number;
  readonly oldestAt: number | null;
}

/** Takes in what a spill says. An older word than the last one changes nothing; an empty spill is forgotten. */
export function noteSpill(
  known: readonly KnownSpill[],
  state: SpillState,
  epoch: number,
  now: number,
): { readonly spills: readonly KnownSpill[]; readonly decisions: readonly PipelineDecision[] } {
  const before = known.find(({ shard }) => shard === state.shard);
  if (before && before.no >= state.no) return { spills: known, decisions: [] };
  const others = known.filter((each) => each !== before);
  const since = before && before.parts > 0 ? before.since : (state.oldestAt ?? now);
  const isTurn = (before?.parts ?? 0) > 0 !== state.parts > 0;
  const kind: DecisionKind = state.parts > 0 ? "spilled" : "drained";
  const evidence = state.parts > 0 ? { events: state.events } : { lastedMs: now - since };
  const decision: PipelineDecision = {
    at: now,
    kind,
    lane: laneOfShard(state.shard),
    route: { from: "fallback", to: "fallback" },
    epoch,
    evidence,
  };
  return { spills: [...others, { ...state, since }], decisions: isTurn ? [decision] : [] };
}

export function totalsOf(spills: readonly SpillState[]): SpillTotals {
  const sum = (of: (state: SpillState) => number): number => spills.reduce((total, each) => total + of(each), 0);
  const times = spills.flatMap(({ oldestAt }) => oldestAt ?? []);
  return {
    parts: sum(({ parts }) => parts),
    events: sum(({ events }) => events),
    bytes: sum(({ bytes }) => bytes),
    oldestAt: times.length === 0 ? null : Math.min(...times),
  };
}
