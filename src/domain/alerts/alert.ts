import { hash64 } from "../events/hash.ts";
import type { AlertMetric, AlertSeverity } from "./metrics.ts";
import type { HeldRule } from "./rule.ts";
import type { Watched } from "./watch.ts";

/** What an alert is about. `key` is the SKU, the category or the flag's key, and empty for the shop; `name` is what people call it. */
export interface AlertSubject {
  readonly kind: "shop" | "product" | "category" | "flag";
  readonly key: string;
  readonly name: string;
}

/** The rule as it was when it decided: what is in the history must not change with the rule. */
export interface AlertGrounds {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly metric: AlertMetric;
  readonly comparator: "below" | "above";
  readonly threshold: number;
  readonly clear: number;
  readonly severity: AlertSeverity;
}

/**
 * What whoever decides tells the book. `cleared` says all that `fired` said, so that the two may arrive in any order, and each more than once.
 * Times in UTC ms.
 */
export interface AlertTold {
  readonly type: "fired" | "cleared";
  /** Of the alert, and the same in both. */
  readonly id: string;
  readonly rule: AlertGrounds;
  readonly subject: AlertSubject;
  /** At the time of telling; null when the rule ended, or the product is no longer sold, and not the breach. */
  readonly value: number | null;
  readonly worst: number;
  /** Since when the value has been bad. */
  readonly since: number;
  readonly firedAt: number;
  readonly at: number;
}

/** Names one breach of one subject as one storage saw it, the same however often it is worked out. */
export function alertId(source: string, rule: string, subject: string, firedAt: number): string {
  const { high, low } = hash64(JSON.stringify([source, rule, subject, firedAt]));
  const digits = (half: number): string => half.toString(16).padStart(8, "0");
  return `alert_${digits(high)}${digits(low)}`;
}

export const isAlertId = (text: string): boolean => /^alert_[0-9a-f]{16}$/.test(text);

export const groundsOf = ({ id, version, rule }: HeldRule): AlertGrounds => ({
  id,
  version,
  name: rule.name,
  metric: rule.metric,
  comparator: rule.comparator,
  threshold: rule.threshold,
  clear: rule.clear,
  severity: rule.severity,
});

export type Firing = Extract<Watched, { state: "firing" }>;
