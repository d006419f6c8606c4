import { useCallback, useEffect, useState } from "preact/hooks";
import { METRICS } from "../../src/domain/alerts/metrics.ts";
import type { AlertRule } from "../../src/domain/alerts/rule.ts";
import type { Api } from "../access/api.ts";
import { refusedPanel } from "../access/refusal.ts";
import { Icon } from "../ui/icon.tsx";
import { Sheet } from "../ui/sheet.tsx";
import { RuleForm } from "./rule-form.tsx";

/** `GET /admin/v1/alert-rules`, as much of it as is shown here. */
export interface Rule extends AlertRule {
  readonly id: string;
  readonly version: number;
  readonly default: boolean;
  readonly in_force: number;
}

interface RulesProps {
  readonly api: Api;
  readonly mayAct: boolean;
  readonly onClose: () => void;
}

/** What is watched, and from which value on. A new rule is made over the admin API; here those that there are can be changed. */
export function RulesSheet({ api, mayAct, onClose }: RulesProps) {
  const [rules, setRules] = useState<readonly Rule[] | null>(null);
  const [refused, setRefused] = useState("");
  const load = useCallback(async () => {
    const answer = await api.get<{ readonly data: readonly Rule[] }>("alert-rules");
    // What was read before stays: one of the forms in it has just said that it is saved.
    if (answer.ok) setRules(answer.value.data);
    setRefused(answer.ok ? "" : refusedPanel(answer.refusal));
  }, [api]);
  useEffect(() => void load(), [load]);
  return (
    <Sheet title="Alert rules" note="What is watched, and when somebody is told" onClose={onClose}>
      {!rules && refused === "" && <p class="soft">Asking for the rules</p>}
      {refused !== "" && <p class="failed">{refused}</p>}
      {rules && (
        <ul class="rule-list">
          {rules.map((rule) => (
            <li key={rule.id}>
              <details class="rule">
                <summary>
                  <Icon name={rule.enabled ? rule.severity : "level"} />
                  <span class="rule-text">
                    <span class="alert-title">{rule.name}</span>
                    <span class="soft">{conditionOf(rule)}</span>
                  </span>
                  {!rule.enabled && <span class="faint">Off</span>}
                  {rule.in_force > 0 && <span class="count">{rule.in_force} in force</span>}
                </summary>
                <RuleForm rule={rule} api={api} mayAct={mayAct} onSaved={load} />
              </details>
            </li>
          ))}
        </ul>
      )}
    </Sheet>
  );
}

function conditionOf({ metric, scope, comparator, threshold, clear }: Rule): string {
  const { unit } = METRICS[metric];
  const of = {
    shop: "",
    each_product: " of each product",
    product: ` of ${"sku" in scope ? scope.sku : ""}`,
    category: ` of ${"category" in scope ? scope.category : ""}`,
    each_flag: " of each flag",
  }[scope.kind];
  return `${metric}${of} ${comparator} ${threshold}, over at ${clear} ${unit}`;
}
