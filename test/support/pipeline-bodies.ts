import { type Backlogs, healthOf, indicatorsOf, watch } from "../../src/domain/pipeline/health.ts";
import { newPipeline, observeLane, type Pipeline, routeOf } from "../../src/domain/pipeline/pipeline.ts";
import type { PipelineDecision } from "../../src/domain/pipeline/decision.ts";
import { LaneTally } from "../../src/domain/pipeline/report.ts";
import type { SpillState } from "../../src/domain/pipeline/spill.ts";
import { totalsOf } from "../../src/domain/pipeline/spills.ts";
import { type Lane, stageOf } from "../../src/domain/pipeline/stages.ts";
import { type DecisionBody, decisionBody, type PipelineBody, pipelineBody } from "../../src/domain/pipeline/view.ts";

/** What the admin API says of a pipeline of which these things were seen at `now`, made by the same functions. */
export function bodiesOf(
  now: number,
  seen: readonly { readonly lane: Lane; readonly ok: number; readonly errors: number }[],
  { backlogs, spilled }: { readonly backlogs: Backlogs; readonly spilled: readonly SpillState[] },
): { readonly pipeline: PipelineBody; readonly decisions: readonly DecisionBody[] } {
  let pipeline: Pipeline = newPipeline();
  const decisions: PipelineDecision[] = [];
  for (const { lane, ok, errors } of seen) {
    const tally = new LaneTally();
    for (let n = 0; n < ok; n++) tally.done(8);
    for (let n = 0; n < errors; n++) tally.failed(500, new Error("D1_ERROR: no such table: products"));
    const observed = observeLane(pipeline, tally.report(lane), now);
    pipeline = observed.pipeline;
    decisions.push(...observed.decisions);
  }
  const watched = watch(pipeline, backlogs, now);
  pipeline = watched.pipeline;
  decisions.push(...watched.decisions);
  const stages = pipeline.stages.map((state) => ({
    stage: state.stage,
    health: healthOf(pipeline, state.stage, backlogs[state.stage], now),
    staleSince: state.staleSince,
    indicators: indicatorsOf(state, now),
    backlog: backlogs[state.stage] ?? null,
    lanes: pipeline.lanes
      .filter(({ lane }) => stageOf(lane) === state.stage)
      .map(({ lane, breaker }) => ({ lane, breaker, route: routeOf(lane, breaker) })),
  }));
  const spill = { ...totalsOf(spilled), shards: spilled };
  return {
    pipeline: pipelineBody({ at: now, epoch: pipeline.epoch, stages, spill }),
    decisions: decisions
      .map((decision, n) => decisionBody({ ...decision, seq: n + 1, previous: "", hash: "" }))
      .toReversed(),
  };
}
