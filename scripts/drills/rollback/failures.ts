import { LIMITS } from "../../../src/domain/limits.ts";
import type { DecisionState, FlagState } from "../rollout/flag.ts";

/** What an operation on the new path fails with while that rehearses. */
const REHEARSED = "rehearsed_fault";

export interface Reach {
  /** From the first operation that failed on the new path until it was closed and the last one had left it, in ms. */
  readonly reachedForMs: number;
  /** From the first failure to the decision. */
  readonly decidedAfterMs: number;
  /** Operations that were seen to fail. */
  readonly failures: number;
}

/**
 * The drill's own record of what failed. A flag shows its newest failures only: when the guard decides late, the first ones have long been pushed out, and
 * whoever looks afterwards counts from one in the middle and finds every rollback quick.
 */
export class Failures {
  readonly #seen = new Set<string>();
  #firstAt = Infinity;
  #lastAt = -Infinity;
  #isFirstKnown = true;

  /** What one look at the flag shows. To be told of every look from the rehearsal on. */
  see(errors: FlagState["errors"]): void {
    const faults = errors.filter(({ code }) => code === REHEARSED);
    // As many as a flag shows, and none was seen before: there may have been others before these.
    if (this.#seen.size === 0 && faults.length >= LIMITS.decisionSamples) this.#isFirstKnown = false;
    for (const { at, request_id: id } of faults) {
      this.#seen.add(`${at} ${id}`);
      this.#firstAt = Math.min(this.#firstAt, Date.parse(at));
      this.#lastAt = Math.max(this.#lastAt, Date.parse(at));
    }
  }

  /** All by the shop's clock. Not a number when nothing failed, or nothing was decided. */
  reach({ effect }: Pick<FlagState, "effect">, decisions: readonly DecisionState[]): Reach {
    const timeOf = (kind: string): number => {
      const decision = decisions.findLast((one) => one.kind === kind);
      return decision ? Date.parse(decision.at) : Number.NaN;
    };
    const failures = this.#seen.size;
    // Nothing can have failed before it was told to.
    const first = failures === 0 ? Number.NaN : this.#isFirstKnown ? this.#firstAt : timeOf("rehearsal");
    const decided = timeOf("rolled_back");
    const strayed = effect?.last_stray_at ? Date.parse(effect.last_stray_at) : -Infinity;
    const last = Math.max(this.#lastAt, strayed);
    // Until the decision the path was open, whoever used it.
    const left = decided > last ? decided : last;
    return { reachedForMs: left - first, decidedAfterMs: decided - first, failures };
  }
}
