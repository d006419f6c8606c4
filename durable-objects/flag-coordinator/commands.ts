import type { Fault, FlagState, Standing } from "../../src/domain/guard/flag.ts";
import type { CommandType, FlagView } from "../../src/domain/guard/view.ts";
import type { Result } from "../../src/domain/result.ts";

export interface FlagCommand {
  readonly key: string;
  readonly type: CommandType;
  readonly by: string;
  readonly reason: string;
  /** Where this flag's ladder begins; its definition says so. */
  readonly firstRung: number;
  /** Where the flag stood when it was decided; `kill` asks nothing of that. */
  readonly seen?: Standing | undefined;
}

export type FlagRefusal =
  | { readonly reason: "not_legal"; readonly state: FlagState; readonly command: CommandType | "rehearse" }
  /** It stands elsewhere than the sender saw. */
  | { readonly reason: "moved"; readonly state: FlagState; readonly epoch: number; readonly rung: number };

/** The flag as it is after the command, seen in the same moment: a second call for it could fail, and what was done would look as if it had not been. */
export type FlagReply = Result<FlagView, FlagRefusal>;

export interface RehearsalCommand {
  readonly key: string;
  /** `null` ends it. */
  readonly fault: Fault | null;
  readonly by: string;
  readonly reason: string;
}
