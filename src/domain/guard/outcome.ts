/**
 * What became of one operation on a guarded path. `neutral` is no trial: the caller's own mistake (4xx), a repeat that was answered from the
 * inbox, a declined card. Counting those would let a retry storm, or a bot that asks for carts that do not exist, decide about the path.
 */
export type Outcome =
  | { readonly kind: "ok" }
  | { readonly kind: "neutral" }
  /** It failed, and it is certain that nothing was done: the safe path may do it instead. */
  | { readonly kind: "definite_fail"; readonly code: string; readonly detail: string }
  /** It failed after something may have been done. Doing it again elsewhere could do it twice. */
  | { readonly kind: "indefinite"; readonly code: string; readonly detail: string }
  /** The write was decided under an epoch that is over. Nothing was done, and it says nothing about the path. */
  | { readonly kind: "stale" };

export interface Answered {
  readonly status: number;
  /** `code` of a problem, when the answer is one. */
  readonly code: string | undefined;
  readonly detail: string | undefined;
  readonly replayed: boolean;
  /** Whether a call that may write had been begun. */
  readonly began: boolean;
}

const STALE_EPOCH = "stale_epoch";

export function outcomeOf({ status, code, detail, replayed, began }: Answered): Outcome {
  if (code === STALE_EPOCH) return { kind: "stale" };
  if (status >= 500) {
    const kind = began ? "indefinite" : "definite_fail";
    return { kind, code: code ?? `status_${status}`, detail: detail ?? `answered ${status}` };
  }
  return status >= 400 || replayed ? { kind: "neutral" } : { kind: "ok" };
}
