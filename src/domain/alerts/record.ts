import type { AlertTold } from "./alert.ts";

/** An alert as the book keeps it. Times UTC ms. */
export interface AlertRecord extends Omit<AlertTold, "type" | "at"> {
  /** Its place in the history. */
  readonly seq: number;
  /** Whether other systems were told that it fired; not while it was muted. */
  readonly told: boolean;
  readonly cleared?: { readonly at: number; readonly value: number | null } | undefined;
  readonly acknowledged?: { readonly at: number; readonly by: string; readonly note: string } | undefined;
  readonly mutedUntil?: number | undefined;
}

/** Alerts in force: those that a board shows, and how many there are of them all. What one product has by one metric counts once. */
export interface AlertsInForce {
  readonly shown: readonly AlertRecord[];
  readonly total: number;
}

/** Nobody is told about a muted subject. An empty `subject` mutes all of the rule. */
export interface Mute {
  readonly rule: string;
  readonly subject: string;
  readonly until: number;
}

/** Until when an alert is muted, by itself or with all of its rule. */
export function mutedUntil(mutes: readonly Mute[], rule: string, subject: string, now: number): number | undefined {
  const until = mutes
    .filter((mute) => mute.rule === rule && (mute.subject === "" || mute.subject === subject))
    .reduce((latest, mute) => Math.max(latest, mute.until), 0);
  return until > now ? until : undefined;
}
