import { ageMs } from "../age.ts";
import { DURATION_MS } from "../limits.ts";
import { type AlertRule, isBad, isClear, isInHours } from "./rule.ts";

/** What is known of one subject (the shop, a SKU, a category) under one rule. Times in UTC ms. */
export type Watched =
  /** Nothing is wrong; `quietUntil` ends the cooldown after the last alert. */
  | { readonly state: "calm"; readonly quietUntil: number }
  /** The value is bad, but not for long enough. */
  | { readonly state: "pending"; readonly since: number; readonly quietUntil: number }
  | { readonly state: "firing"; readonly since: number; readonly firedAt: number; readonly worst: number };

export const CALM: Watched = { state: "calm", quietUntil: 0 };

export interface AlertEvent {
  readonly type: "fired" | "cleared";
  readonly value: number;
  /** Since when the value has been bad. */
  readonly since: number;
  /** The worst value so far. */
  readonly worst: number;
}

export interface WatchStep {
  readonly watched: Watched;
  readonly event?: AlertEvent;
}

/** How much longer than its `for` something waits for a value that is absent: one look that failed, and the one after it. */
const LAPSES_MS = 2 * DURATION_MS.alertLook;

/**
 * One look at a value. A value that is absent neither fires nor clears: what was not measured is neither good nor bad, and an alert that clears because its
 * metric is gone would be the worst of all (pitfall 21). Only what is no alert yet lapses with it, since nobody can say that it has been bad for
 * all of its `for`. Between the threshold and the clear level everything stays as it is, so a value that
 * trembles around the threshold is one alert. Looks may come late or twice; time never runs backwards in here.
 */
export function lookAt(watched: Watched, rule: AlertRule, value: number | undefined, now: number): WatchStep {
  if (value === undefined || Number.isNaN(value)) return { watched: unmeasured(watched, rule, now) };
  switch (watched.state) {
    case "calm":
      if (!isBad(rule, value)) return { watched };
      return bad({ since: now, quietUntil: watched.quietUntil }, rule, value, now);
    case "pending":
      if (!isBad(rule, value)) return { watched: calmed(watched) };
      return bad(watched, rule, value, now);
    case "firing":
      return whileFiring(watched, rule, value, now);
  }
}

/** The same for a rule that has hours: outside of them nothing begins, but what is in force can end. `minute` of the shop's day. */
export function lookInHours(
  watched: Watched,
  rule: AlertRule,
  value: number | undefined,
  { now, minute }: { readonly now: number; readonly minute: () => number },
): WatchStep {
  if (!rule.hours || watched.state === "firing" || isInHours(rule, minute())) return lookAt(watched, rule, value, now);
  return { watched: watched.state === "pending" ? calmed(watched) : watched };
}

const calmed = ({ quietUntil }: Extract<Watched, { state: "pending" }>): Watched => ({ state: "calm", quietUntil });

function unmeasured(watched: Watched, rule: AlertRule, now: number): Watched {
  const isOld = watched.state === "pending" && ageMs(watched.since, now) > rule.for_s * 1_000 + LAPSES_MS;
  return isOld ? calmed(watched) : watched;
}

function bad(
  { since, quietUntil }: { readonly since: number; readonly quietUntil: number },
  rule: AlertRule,
  value: number,
  now: number,
): WatchStep {
  // What was bad before the clock was put back has been bad for nobody knows how long: it waits anew, and not for as long as the clock was ahead.
  const from = ageMs(since, now) === Infinity ? now : since;
  const quiet = Math.min(quietUntil, now + rule.cooldown_s * 1_000);
  if (now - from < rule.for_s * 1_000 || now < quiet)
    return { watched: { state: "pending", since: from, quietUntil: quiet } };
  const watched = { state: "firing", since: from, firedAt: now, worst: value } as const;
  return { watched, event: { type: "fired", value, since: from, worst: value } };
}

function whileFiring(
  watched: Extract<Watched, { state: "firing" }>,
  rule: AlertRule,
  value: number,
  now: number,
): WatchStep {
  if (isClear(rule, value)) {
    const quietUntil = now + rule.cooldown_s * 1_000;
    const { since, worst } = watched;
    return { watched: { state: "calm", quietUntil }, event: { type: "cleared", value, since, worst } };
  }
  const worst = rule.comparator === "below" ? Math.min(watched.worst, value) : Math.max(watched.worst, value);
  return { watched: worst === watched.worst ? watched : { ...watched, worst } };
}

/** When a pending subject is to be looked at again though nothing happens; undefined when nothing is due. */
export function dueAt(watched: Watched, rule: AlertRule): number | undefined {
  return watched.state === "pending" ? Math.max(watched.since + rule.for_s * 1_000, watched.quietUntil) : undefined;
}
