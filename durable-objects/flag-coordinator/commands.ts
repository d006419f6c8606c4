import type { Fault, Flag, FlagState } from "../../src/domain/guard/flag.ts";
import type { CommandType } from "../../src/domain/guard/view.ts";
import type { Result } from "../../src/domain/result.ts";

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
