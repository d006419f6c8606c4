import type { Flag } from "../guard/flag.ts";

/** What a guarded flag tells the alerts, in the transaction that moves it. */
export interface FlagNews {
  readonly key: string;
  /** The flag's own, which grows with every move: older news is no news. */
  readonly version: number;
  readonly isRolledBack: boolean;
  /** UTC ms. */
  readonly at: number;
}

/** A kill of what was rolled back, and a rearm, say that a person looks after it: what there was to tell is over. */
export function flagNews(from: Flag, to: Flag, now: number): FlagNews | undefined {
  const [was, isRolledBack] = [from.state === "rolled_back", to.state === "rolled_back"];
  return was === isRolledBack ? undefined : { key: to.key, version: to.version, isRolledBack, at: now };
}
