import type { RuleView } from "../../../durable-objects/alert-book/commands.ts";
import type { AlertRecord } from "../../domain/alerts/record.ts";
import { time } from "../context.ts";

export const alertView = ({ rule, subject, ...alert }: AlertRecord) => ({
  id: alert.id,
  state: alert.cleared ? ("cleared" as const) : ("in_force" as const),
  rule: { id: rule.id, name: rule.name, version: rule.version },
  severity: rule.severity,
  metric: rule.metric,
  comparator: rule.comparator,
  threshold: rule.threshold,
  clear: rule.clear,
  ...(subject.kind === "product" && { sku: subject.key, name: subject.name }),
  ...(subject.kind === "category" && { category: subject.key }),
  ...(subject.kind === "flag" && { flag: subject.key }),
  value: alert.value,
  worst: alert.worst,
  since: time(alert.since),
  fired_at: time(alert.firedAt),
  ...(alert.cleared && { cleared: { at: time(alert.cleared.at), value: alert.cleared.value } }),
  ...(alert.acknowledged && {
    acknowledged: { at: time(alert.acknowledged.at), by: alert.acknowledged.by, note: alert.acknowledged.note },
  }),
  ...(alert.mutedUntil !== undefined && { muted_until: time(alert.mutedUntil) }),
  /** Whether other systems were told that it fired. */
  notified: alert.told,
});

export const ruleView = ({ id, version, rule, isDefault, inForce, mutedUntil, updatedAt, updatedBy }: RuleView) => ({
  id,
  version,
  ...rule,
  default: isDefault,
  in_force: inForce,
  ...(mutedUntil !== undefined && { muted_until: time(mutedUntil) }),
  updated_at: time(updatedAt),
  updated_by: updatedBy,
});
