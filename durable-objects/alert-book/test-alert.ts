import { groundsOf } from "../../src/domain/alerts/alert.ts";
import { kindOf } from "../../src/domain/alerts/alert-watch.ts";
import type { HeldRule } from "../../src/domain/alerts/rule.ts";
import { type AlertNotification, alertNotification } from "../../src/domain/notifications.ts";

/** An alert of this rule as it would arrive, and which says that it is a test. */
export function testAlert(held: HeldRule, random: string, now: number): AlertNotification {
  const { rule } = held;
  const key =
    rule.scope.kind === "product" ? rule.scope.sku : rule.scope.kind === "category" ? rule.scope.category : "";
  const told = alertNotification({
    type: "fired",
    id: `test_${random}`,
    rule: groundsOf(held),
    subject: { kind: kindOf(rule), key, name: key },
    value: rule.threshold,
    worst: rule.threshold,
    since: now,
    firedAt: now,
    at: now,
  });
  return { ...told, alert: { ...told.alert, test: true } };
}
