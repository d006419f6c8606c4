import { tripped, type TripRule, watch } from "./cusum.ts";
import { isEnough, operationsNeeded } from "./evidence.ts";
import { type Effect, type EffectVerdict, type Flag, isMirrored, liveShareOf } from "./flag.ts";

/** One failed operation, as an operator wants to see it. `key` names the logical operation: however often it is retried, it is one trial. */
export interface ErrorSample {
  readonly key: string;
  /** UTC ms. */
  readonly at: number;
  readonly outcome: "definite_fail" | "indefinite" | "mismatch";
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId: string;
  readonly latencyMs: number;
}

/** What one isolate has seen since its last report. Only the new path is judged: what the safe one does wrong is no reason to leave the new one. */
export interface Report {
  /** Of the lease that these operations ran under. */
  readonly epoch: number;
  readonly ok: number;
  readonly errors: readonly ErrorSample[];
  /** Operations that took the safe path: the positive sign that a rollback has arrived. */
  readonly safe: number;
  /** Mirrored operations whose two answers agreed; those that did not are among `errors`. */
  readonly parity: number;
  /** When the last operation on the new path ended, UTC ms. */
  readonly lastAt: number | null;
}

export interface Observed {
  readonly flag: Flag;
  readonly rule: TripRule | undefined;
}

/** Takes in a report whose errors have been rid of those that were counted before. */
export function observe(flag: Flag, report: Report): Observed {
  const err = report.errors.length;
  if (report.epoch !== flag.epoch) return { flag: withStrays(flag, report), rule: undefined };
  const seen = { ...flag, effect: flag.effect && { ...flag.effect, safe: flag.effect.safe + report.safe } };
  if (isMirrored(flag)) return { flag: { ...seen, trials: added(flag, report.parity, err) }, rule: undefined };
  if (liveShareOf(flag) === 0) return { flag: seen, rule: undefined };
  const guard = watch(flag.guard, { ok: report.ok, err });
  return { flag: { ...seen, guard, trials: added(flag, report.ok, err) }, rule: tripped(guard) };
}

const added = ({ trials }: Flag, ok: number, err: number): Flag["trials"] => ({
  ok: trials.ok + ok,
  err: trials.err + err,
});

/** Operations under an older epoch say nothing about this one; after a rollback they say that it has not arrived everywhere. */
function withStrays(flag: Flag, { epoch, ok, errors, lastAt }: Report): Flag {
  const strays = ok + errors.length;
  if (!flag.effect || strays === 0 || epoch > flag.epoch) return flag;
  const last = Math.max(flag.effect.lastStrayAt ?? 0, lastAt ?? 0);
  return { ...flag, effect: { ...flag.effect, strays: flag.effect.strays + strays, lastStrayAt: last } };
}

export interface LadderPolicy {
  /** The least time at a rung, whatever the evidence. */
  readonly dwellMs: number;
  /** After this long without enough evidence a person is asked. */
  readonly stallMs: number;
}

/** What the evidence says now. Time alone promotes nothing: it only asks for a person. */
export function judge(flag: Flag, now: number, policy: LadderPolicy): { type: "evidence" | "stalled" } | undefined {
  if (flag.state !== "shadow" && flag.state !== "ramping" && flag.state !== "waiting") return undefined;
  const spent = now - flag.enteredAt;
  if (spent >= policy.dwellMs && isEnough(evidenceOf(flag))) return { type: "evidence" };
  return spent >= policy.stallMs && flag.state !== "waiting" ? { type: "stalled" } : undefined;
}

export const evidenceOf = ({ trials }: Flag): { operations: number; errors: number } => ({
  operations: trials.ok + trials.err,
  errors: trials.err,
});

/** Why the next rung has not been reached, each reason on its own. None at the top. */
export type Obstacle =
  | { readonly kind: "operations"; readonly have: number; readonly need: number }
  | { readonly kind: "errors"; readonly have: number }
  | { readonly kind: "dwell"; readonly leftMs: number }
  | { readonly kind: "person" }
  | { readonly kind: "stopped" };

export function obstacles(flag: Flag, now: number, { dwellMs }: LadderPolicy): Obstacle[] {
  switch (flag.state) {
    case "off":
    case "paused":
    case "rolled_back":
    case "killed":
      return [{ kind: "stopped" }];
    case "complete":
      return [];
    case "shadow":
    case "ramping":
    case "waiting": {
      const { operations, errors } = evidenceOf(flag);
      const need = operationsNeeded(errors);
      const leftMs = flag.enteredAt + dwellMs - now;
      return [
        ...(need === undefined ? [{ kind: "errors", have: errors } as const] : []),
        ...(need !== undefined && operations < need ? [{ kind: "operations", have: operations, need } as const] : []),
        ...(leftMs > 0 ? [{ kind: "dwell", leftMs } as const] : []),
        ...(flag.state === "waiting" ? [{ kind: "person" } as const] : []),
      ];
    }
  }
}

/** By then every lease of the old epoch has run out, and what was done under one has been reported. */
export const EFFECT_AFTER_MS = 15_000;
/** A rollback has to be everywhere within this long, in ms. */
export const ROLLBACK_BOUND_MS = 12_000;

/** Whether the path was really left. Silence proves nothing: without operations on either path the verdict says so. */
export function effectVerdict({ since, lastStrayAt, safe }: Effect): EffectVerdict {
  if (lastStrayAt !== null && lastStrayAt - since > ROLLBACK_BOUND_MS) return "ineffective";
  return safe > 0 ? "effective" : "unproven";
}

/** Whether a rollback that was found effective turns out not to be. */
export const isRelapse = ({ effect }: Flag): boolean =>
  effect !== null &&
  effect.verdict !== null &&
  effect.verdict !== "ineffective" &&
  effectVerdict(effect) === "ineffective";
