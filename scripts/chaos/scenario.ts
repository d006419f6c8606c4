import type { Load, LoadSettings } from "./load.ts";
import type { World } from "./world.ts";

/** What the shop must have decided, by its own log: a decision or an alert of this subject. */
export interface Expectation {
  readonly subject: RegExp;
  readonly kind: string;
  /** Fails the scenario when it takes longer after the fault, in ms. Only for what is promised: a machine may be slow. */
  readonly withinMs?: number;
}

/** One fault under load, in its own words. The runner does the rest. */
export interface Scenario {
  readonly name: string;
  /** What breaks, as a sentence for the report. */
  readonly fault: string;
  /** Whether the shop stands in front of a monolith. */
  readonly guarded?: boolean;
  readonly load?: Partial<LoadSettings>;
  readonly faultMs: number;
  /** Before the load, e.g. to move a write path. */
  readonly prepare?: (world: World) => Promise<void>;
  readonly inject: (stage: Injection) => Promise<void> | void;
  readonly heal: (stage: Injection) => Promise<void> | void;
  /** Empty: nothing needs to be decided, because nothing can be led around it. */
  readonly expect: readonly Expectation[];
  /** What would be a false alarm; without a kind, whatever is said of that subject. */
  readonly never?: readonly { readonly subject: RegExp; readonly kind?: string }[];
  /** What else must be true afterwards, in sentences about what is not. */
  readonly also?: (after: Aftermath) => Promise<readonly string[]> | readonly string[];
}

export interface Injection {
  readonly world: World;
  readonly load: Load;
}

export interface Aftermath extends Injection {
  readonly boardStillMs: number;
}
