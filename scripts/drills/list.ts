import { backlog } from "./backlog/drill.ts";
import { chaos } from "./chaos/drill.ts";
import { rollback } from "./rollback/drill.ts";
import { events, kill } from "./events/drill.ts";
import type { Stage } from "./stage.ts";
import { webhook } from "./webhook/drill.ts";

export interface Outcome {
  /** What standard output is to show. */
  readonly text: string;
  /** Whether everything that must be true afterwards is true. Speed is none of it. */
  readonly holds: boolean;
}

export interface Drill {
  readonly name: string;
  readonly usage: string;
  readonly run: (args: readonly string[], stage: Stage) => Promise<Outcome>;
}

export const DRILLS: readonly Drill[] = [backlog, chaos, events, kill, rollback, webhook];

export const USAGE = DRILLS.map(({ name, usage }) => `npm run --silent drill -- ${name} ${usage}`).join("\n");
