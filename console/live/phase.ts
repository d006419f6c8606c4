import { ageMs } from "../../src/domain/age.ts";

/** What the reader of the screen may believe: nothing yet, the present, the present again in a moment, the past. */
export type Phase = "connecting" | "live" | "replaying" | "stale";

/** The board sends a frame at least every five seconds; after two that did not come the figures are old. */
export const SILENCE_MS = 12_000;
/** A connection that comes back sooner is not worth a banner. */
const BREAK_MS = 3_000;

export interface Signs {
  readonly hasBoard: boolean;
  readonly isAwaiting: boolean;
  /** When the connection was lost; null while there is one. */
  readonly brokenAt: number | null;
  /** When the board was last heard of. */
  readonly heardAt: number;
  /** When the page was last looked at; before that it had told the board to be silent. */
  readonly attendedAt: number;
}

/**
 * How long ago the last of these was, in ms. Not the age of the largest: that one may be from before the clock was put back, and would hide everything that
 * comes after it.
 */
export const sinceLast = (now: number, ...times: readonly number[]): number =>
  Math.min(...times.map((at) => ageMs(at, now)));

export function phaseOf({ hasBoard, isAwaiting, brokenAt, heardAt, attendedAt }: Signs, now: number): Phase {
  if (!hasBoard) return "connecting";
  if (sinceLast(now, heardAt, attendedAt) > SILENCE_MS) return "stale";
  if (brokenAt !== null && ageMs(brokenAt, now) > BREAK_MS) return "stale";
  return isAwaiting || brokenAt !== null ? "replaying" : "live";
}
