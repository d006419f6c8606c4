import { ageMs } from "../domain/age.ts";
import { admits, type Fence, FENCE_MS, type FenceState } from "../domain/guard/lease.ts";
import { inTime } from "./in-time.ts";
import { log } from "./log.ts";

/** The coordinators as far as a fence asks them. */
export interface Coordinators {
  getByName(key: string): { fence(): Promise<FenceState> };
}

/** A coordinator that does not answer holds no write up for longer than this, in ms. */
const ASK_TIMEOUT_MS = 1_000;
/** And is not asked again for this long: the writes that come meanwhile are refused at once. */
const ASK_AGAIN_MS = 1_000;

interface Known extends FenceState {
  /** When it was asked for, UTC ms. */
  readonly at: number;
}

/** What this isolate knows, by flag. Values, so that no request waits for another's promise. */
const known = new Map<string, Known>();
const silentSince = new Map<string, number>();

/**
 * Whether a write that was decided under this epoch may still be made: the owner's own knowledge, at most `FENCE_MS` old, which does not depend on
 * the lease of whoever asks. An isolate that never heard of a rollback is stopped here. What cannot be found out is refused: the caller then takes
 * the safe path, which is what it would do without a lease.
 */
export async function isAdmitted(coordinators: Coordinators, fence: Fence, now: number): Promise<boolean> {
  const current = known.get(fence.key);
  // An epoch that is newer than what is known here is news.
  if (current && ageMs(current.at, now) < FENCE_MS && fence.epoch <= current.epoch) return admits(current, fence);
  if (ageMs(silentSince.get(fence.key) ?? -Infinity, now) < ASK_AGAIN_MS) return false;
  try {
    const state = await inTime(coordinators.getByName(fence.key).fence(), ASK_TIMEOUT_MS, "the coordinator's answer");
    known.set(fence.key, { ...state, at: now });
    return admits(state, fence);
  } catch (error) {
    silentSince.set(fence.key, now);
    log("warn", "fence_not_asked", { flag: fence.key, epoch: fence.epoch, error: String(error) });
    return false;
  }
}

/** For tests: an isolate that has just begun. */
export function forgetFences(): void {
  known.clear();
  silentSince.clear();
}
