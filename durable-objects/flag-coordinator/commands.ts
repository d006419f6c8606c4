import type { Characteristic } from "../../src/domain/guard/characteristic.ts";
import type { Fault, Flag, FlagState } from "../../src/domain/guard/flag.ts";
import type { Evidence } from "../../src/domain/guard/evidence.ts";
import type { ErrorSample, Obstacle } from "../../src/domain/guard/report.ts";
import type { Result } from "../../src/domain/result.ts";
import type { ChainedDecision } from "./decisions.ts";
import type { SeriesPoint } from "./table.ts";

export type CommandType = "start" | "advance" | "approve" | "pause" | "kill" | "rearm";

export interface FlagCommand {
  readonly key: string;
  readonly type: CommandType;
  readonly by: string;
  readonly reason: string;
  /** Where this flag's ladder begins; its definition says so. */
  readonly firstRung: number;
}

export type FlagReply = Result<
  Flag,
  { readonly reason: "not_legal"; readonly state: FlagState; readonly command: CommandType | "rehearse" }
>;

export interface RehearsalCommand {
  readonly key: string;
  /** `null` ends it. */
  readonly fault: Fault | null;
  readonly by: string;
  readonly reason: string;
}

export interface RungView {
  readonly rung: number;
  readonly share: number;
  readonly passed: boolean;
  readonly current: boolean;
}

/** Everything about one flag that an operator looks at. */
export interface FlagView {
  readonly flag: Flag;
  readonly share: number;
  readonly evidence: Evidence & { readonly needed: number | null };
  readonly obstacles: readonly Obstacle[];
  readonly rungs: readonly RungView[];
  readonly samples: readonly ErrorSample[];
  readonly characteristic: Characteristic;
}

export interface DecisionPage {
  readonly decisions: readonly ChainedDecision[];
  readonly chain: { readonly intact: boolean; readonly firstBroken: number | null };
}

export interface Series {
  readonly bucketMs: number;
  readonly limit: number;
  readonly points: readonly SeriesPoint[];
}
