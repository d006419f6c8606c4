import type { AlertRule } from "../../src/domain/alerts/rule.ts";

/** What of a rule is written by hand, and what it has to be. */
const WANTED = {
  threshold: "a number",
  clear: "a number",
  for_s: "a whole number of seconds, 0 or more",
  cooldown_s: "a whole number of seconds, 0 or more",
  from: "a time of day",
  to: "a time of day",
} as const;
export type RuleField = keyof typeof WANTED;

/**
 * A rule while it is written. Numbers and times are text until it is sent: half of a number is none, and whoever writes one does not want the other half
 * put right meanwhile.
 */
export interface RuleDraft extends Pick<AlertRule, "severity" | "enabled"> {
  readonly threshold: string;
  readonly clear: string;
  readonly for_s: string;
  readonly cooldown_s: string;
  readonly hours: { readonly from: string; readonly to: string } | undefined;
}

export type Written =
  | { readonly ok: true; readonly rule: AlertRule }
  | { readonly ok: false; readonly field: RuleField; readonly detail: string };

export const labelsOf = ({ comparator }: Pick<AlertRule, "comparator">): Readonly<Record<RuleField, string>> => ({
  threshold: `Alert ${comparator}`,
  clear: "Over at",
  for_s: "Bad for",
  cooldown_s: "Quiet after",
  from: "From",
  to: "To",
});

export function draftOf({ threshold, clear, for_s, cooldown_s, severity, enabled, hours }: AlertRule): RuleDraft {
  return {
    threshold: String(threshold),
    clear: String(clear),
    for_s: String(for_s),
    cooldown_s: String(cooldown_s),
    severity,
    enabled,
    hours: hours && { from: clock(hours.from), to: clock(hours.to) },
  };
}

/** The rule with what was written of it, as it is sent: without what only the book says of it. */
export function ruleOf(rule: AlertRule, { severity, enabled, hours: times, ...texts }: RuleDraft): Written {
  const { name, metric, scope, comparator } = rule;
  const numbers = {
    threshold: numberOf(texts.threshold),
    clear: numberOf(texts.clear),
    for_s: secondsOf(texts.for_s),
    cooldown_s: secondsOf(texts.cooldown_s),
  };
  const hours = times && { from: minuteOf(times.from), to: endOf(minuteOf(times.to)) };
  const read: Partial<Record<RuleField, number>> = { ...numbers, ...hours };
  // SAFETY: `read` has no other keys.
  const field = (Object.keys(read) as RuleField[]).find((key) => Number.isNaN(read[key]));
  if (field !== undefined) return { ok: false, field, detail: `${labelsOf(rule)[field]} has to be ${WANTED[field]}.` };
  const written = { name, metric, scope, comparator, ...numbers, severity, enabled };
  return { ok: true, rule: hours ? { ...written, hours } : written };
}

const HOUR_MINUTES = 60;
const DAY_MINUTES = 24 * HOUR_MINUTES;

/** What is no number is `NaN`, nothing at all included. */
function numberOf(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : Number.NaN;
}

function secondsOf(text: string): number {
  const value = numberOf(text);
  return Number.isInteger(value) && value >= 0 ? value : Number.NaN;
}

function minuteOf(text: string): number {
  const [, hour, minute] = /^(\d\d):(\d\d)$/.exec(text) ?? [];
  return Number(hour) * HOUR_MINUTES + Number(minute);
}

/** Midnight ends a day as well as it begins one: read as the beginning, a whole day would be no time at all. */
const endOf = (minute: number): number => (minute === 0 ? DAY_MINUTES : minute);

function clock(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(minute / HOUR_MINUTES) % 24)}:${two(minute % HOUR_MINUTES)}`;
}
