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
  /** When the board was last heard of, or the page last looked at, whichever is later. */
  readonly heardAt: number;
}

export function phaseOf({ hasBoard, isAwaiting, brokenAt, heardAt }: Signs, now: number): Phase {
  if (!hasBoard) return "connecting";
  if (now - heardAt > SILENCE_MS) return "stale";
  if (brokenAt !== null && now - brokenAt > BREAK_MS) return "stale";
  return isAwaiting || brokenAt !== null ? "replaying" : "live";
}
