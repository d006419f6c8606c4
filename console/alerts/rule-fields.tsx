import type { ComponentChildren } from "preact";
import { METRICS, SEVERITIES } from "../../src/domain/alerts/metrics.ts";
import { labelsOf, type RuleDraft, type RuleField } from "../figures/rule-draft.ts";
import type { Rule } from "./rules.tsx";

const TRADING = { from: "08:00", to: "22:00" };

interface RuleFieldsProps {
  readonly rule: Rule;
  readonly draft: RuleDraft;
  /** What cannot be sent as it stands there. */
  readonly wrong: RuleField | null;
  readonly onChange: (change: Partial<RuleDraft>) => void;
}

export function RuleFields({ rule, draft, wrong, onChange: set }: RuleFieldsProps) {
  const labels = labelsOf(rule);
  const { unit } = METRICS[rule.metric];
  const named = (name: RuleField) => ({ name, label: labels[name], isWrong: wrong === name });
  const { hours } = draft;
  return (
    <>
      <Check label="Watch this" isOn={draft.enabled} onTurn={(enabled) => set({ enabled })} />
      <div class="rule-fields">
        <NumberField
          {...named("threshold")}
          unit={unit}
          text={draft.threshold}
          onText={(threshold) => set({ threshold })}
        />
        <NumberField {...named("clear")} unit={unit} text={draft.clear} onText={(clear) => set({ clear })} />
        <NumberField {...named("for_s")} unit="s" text={draft.for_s} onText={(for_s) => set({ for_s })} />
        <NumberField
          {...named("cooldown_s")}
          unit="s"
          text={draft.cooldown_s}
          onText={(cooldown_s) => set({ cooldown_s })}
        />
        <label class="field">
          <span>Severity</span>
          <select
            value={draft.severity}
            onChange={(event) => {
              const severity = SEVERITIES.find((one) => one === event.currentTarget.value);
              if (severity) set({ severity });
            }}
          >
            {SEVERITIES.map((severity) => (
              <option key={severity}>{severity}</option>
            ))}
          </select>
        </label>
      </div>
      <Check
        label="Only at these hours of the shop"
        isOn={hours !== undefined}
        onTurn={(isOn) => set({ hours: isOn ? TRADING : undefined })}
      />
      {hours && (
        <div class="rule-fields">
          <TimeField {...named("from")} text={hours.from} onText={(from) => set({ hours: { ...hours, from } })} />
          <TimeField {...named("to")} text={hours.to} onText={(to) => set({ hours: { ...hours, to } })} />
        </div>
      )}
    </>
  );
}

interface CheckProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly onTurn: (isOn: boolean) => void;
}

const Check = ({ label, isOn, onTurn }: CheckProps) => (
  <label class="check">
    <input type="checkbox" checked={isOn} onChange={(event) => onTurn(event.currentTarget.checked)} />
    <span>{label}</span>
  </label>
);

interface FieldProps {
  readonly name: RuleField;
  readonly label: string;
  readonly isWrong: boolean;
  readonly text: string;
  readonly onText: (text: string) => void;
}

const NumberField = ({ unit, label, ...rest }: FieldProps & { readonly unit: string }) => (
  <Field
    {...rest}
    type="number"
    label={
      <>
        {label} <span class="faint">{unit}</span>
      </>
    }
  />
);

const TimeField = (props: FieldProps) => <Field {...props} type="time" />;

interface AnyFieldProps extends Omit<FieldProps, "label"> {
  readonly type: "number" | "time";
  readonly label: ComponentChildren;
}

/** Its text is what stands in the document: anything else would be written there with the next frame, into what somebody is typing. */
function Field({ name, type, label, isWrong, text, onText }: AnyFieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        name={name}
        type={type}
        required
        step={type === "number" ? "any" : undefined}
        value={text}
        aria-invalid={isWrong}
        onInput={(event) => onText(event.currentTarget.value)}
      />
    </label>
  );
}
