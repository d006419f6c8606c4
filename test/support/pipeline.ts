import { lease, newPipeline, observeLane } from "../../src/domain/pipeline/pipeline.ts";
import type { PipelineDecision } from "../../src/domain/pipeline/decision.ts";
import type { PipelineReport } from "../../src/domain/pipeline/report.ts";
import type { Lane } from "../../src/domain/pipeline/stages.ts";
import type { Coordinator } from "../../src/platform/pipeline-link.ts";

/** A coordinator in memory that decides as the real one does, because it decides with the same functions. */
export function memoryCoordinator(now: () => number = Date.now) {
  let pipeline = newPipeline();
  const decisions: PipelineDecision[] = [];
  const reports: PipelineReport[] = [];
  const answer = (works?: readonly Lane[]) => {
    const granted = lease(pipeline, now(), works);
    pipeline = granted.pipeline;
    return Promise.resolve(granted.lease);
  };
  const coordinator: Coordinator = {
    routes: answer,
    report: (report) => {
      reports.push(report);
      for (const lane of report.lanes) {
        const observed = observeLane(pipeline, lane, now());
        pipeline = observed.pipeline;
        decisions.push(...observed.decisions);
      }
      return answer(report.works);
    },
  };
  return { coordinator, binding: { getByName: () => coordinator }, decisions, reports };
}
