import { decisionBody, type DecisionBody } from "../../domain/pipeline/view.ts";
import { PIPELINE } from "../../domain/pipeline/stages.ts";
import { callObject } from "../../platform/object-call.ts";
import { costBookOf } from "../costs/book.ts";
import { costDecisionBody } from "../costs/view.ts";
import { flagSources } from "./flags.ts";

export interface SourcePage {
  readonly lines: readonly DecisionBody[];
  /** Of the whole log: the number of the first entry that was not written so, or null. */
  readonly firstBroken: number | null;
}

/** A log of decisions that some coordinator keeps: newest first, numbered by one, of those before a number. */
export interface DecisionSource {
  readonly name: string;
  list(limit: number, before: number | undefined): Promise<SourcePage>;
}

/** Every log there is. One more is a line here. */
export const decisionSources = (env: OpsEnv): readonly DecisionSource[] => [
  {
    name: "pipeline",
    list: async (limit, before) => {
      const page = await callObject(() => env.PIPELINE_COORDINATOR.getByName(PIPELINE).decisions(limit, before));
      return { lines: page.decisions.map(decisionBody), firstBroken: page.chain.firstBroken };
    },
  },
  {
    name: "costs",
    list: async (limit, before) => {
      const page = await callObject(() => costBookOf(env).decisions(limit, before));
      return { lines: page.decisions.map(costDecisionBody), firstBroken: page.chain.firstBroken };
    },
  },
  ...flagSources(env),
];
