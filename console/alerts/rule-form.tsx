import { useState } from "preact/hooks";
import { METRICS, SEVERITIES } from "../../src/domain/alerts/metrics.ts";
import type { AlertRule } from "../../src/domain/alerts/rule.ts";
import type { Answer, Api } from "../access/api.ts";
import { refusedChange } from "../access/refusal.ts";
import type { Rule } from "./rules.tsx";

interface RuleFormProps {
  readonly rule: Rule;
  readonly api: Api;
  readonly mayAct: boolean;
  readonly onSaved: () => Promise<void>;
}

const HOUR_MINUTES = 60;
const TRADING = { from: 8 * HOUR_MINUTES, to: 22 * HOUR_MINUTES };

export function RuleForm({ rule, api, mayAct, onSaved }: RuleFormProps) {
  const [draft, setDraft] = useState(rule);
  const [said, setSaid] = useState({ text: "", isBad: false });
  const [isBusy, setBusy] = useState(false);

  const ask = async (request: Promise<Answer<unknown>>, done: string, isChange: boolean): Promise<void> => {
    setBusy(true);
    const answer = await request;
    setBusy(false);
    setSaid(answer.ok ? { text: done, isBad: false } : { text: refusedChange(answer.refusal), isBad: true });
    if (answer.ok && isChange) await onSaved();
  };
  const save = () =>
    ask(api.send("PUT", `alert-rules/${rule.id}`, bodyOf(draft), { "if-match": `"${rule.version}"` }), "Saved", true);

  return (
    <form
      class="rule-form"
      aria-label={rule.name}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <fieldset disabled={!mayAct || isBusy}>
        <RuleFields draft={draft} onChange={(change) => setDraft({ ...draft, ...change })} />
        <div class="rule-actions">
          <button type="submit" class="primary">
            Save
          </button>
          <button
            type="button"
            onClick={() => void ask(api.send("POST", `alert-rules/${rule.id}/test`), "A test is on its way", false)}
          >
            Send a test
          </button>
          {rule.default && (
            <button
              type="button"
              onClick={() => void ask(api.send("POST", `alert-rules/${rule.id}/reset`), "As at the beginning", true)}
            >
              Reset
            </button>
          )}
        </div>
      </fieldset>
      {!mayAct && <p class="soft">To change rules a key needs the scope alerts:write.</p>}
      <p role="status" class={said.isBad ? "failed" : "soft"}>
        {said.text}
      </p>
    </form>
  );
}

interface RuleFieldsProps {
  readonly draft: Rule;
  readonly onChange: (change: Partial<Rule>) => void;
}

function RuleFields({ draft, onChange: set }: RuleFieldsProps) {
  const { unit } = METRICS[draft.metric];
  return (
    <>
      <label class="check">
        <input
          type="checkbox"
          checked={draft.enabled}
          onChange={(event) => set({ enabled: event.currentTarget.checked })}
        />
        <span>Watch this</span>
      </label>
      <div class="rule-fields">
        <NumberField
          label={`Alert ${draft.comparator}`}
          unit={unit}
          value={draft.threshold}
          onValue={(threshold) => set({ threshold })}
        />
        <NumberField label="Over at" unit={unit} value={draft.clear} onValue={(clear) => set({ clear })} />
        <NumberField label="Bad for" unit="s" value={draft.for_s} whole onValue={(for_s) => set({ for_s })} />
        <NumberField
          label="Quiet after"
          unit="s"
          value={draft.cooldown_s}
          whole
          onValue={(cooldown_s) => set({ cooldown_s })}
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
      <Hours hours={draft.hours} onHours={(hours) => set({ hours })} />
    </>
  );
}

/** A rule as it is sent: without what only the book says of it. */
function bodyOf(rule: Rule): AlertRule {
  const { name, metric, scope, comparator, threshold, clear, for_s, cooldown_s, severity, enabled, hours } = rule;
  const said = { name, metric, scope, comparator, threshold, clear, for_s, cooldown_s, severity, enabled };
  return hours ? { ...said, hours } : said;
}

interface NumberFieldProps {
  readonly label: string;
  readonly unit: string;
  readonly value: number;
  readonly whole?: boolean;
  readonly onValue: (value: number) => void;
}

function NumberField({ label, unit, value, whole = false, onValue }: NumberFieldProps) {
  return (
    <label class="field">
      <span>
        {label} <span class="faint">{unit}</span>
      </span>
      <input
        type="number"
        required
        step={whole ? 1 : "any"}
        min={whole ? 0 : undefined}
        value={value}
        onInput={(event) => {
          if (!Number.isNaN(event.currentTarget.valueAsNumber)) onValue(event.currentTarget.valueAsNumber);
        }}
      />
    </label>
  );
}

function Hours({
  hours,
  onHours,
}: {
  readonly hours: Rule["hours"];
  readonly onHours: (hours: Rule["hours"]) => void;
}) {
  const end = (label: string, minute: number, onMinute: (minute: number) => void) => (
    <label class="field">
      <span>{label}</span>
      <input
        type="time"
        required
        value={clock(minute)}
        onInput={(event) => {
          const [hour, rest] = event.currentTarget.value.split(":").map(Number);
          if (hour !== undefined && rest !== undefined) onMinute(hour * HOUR_MINUTES + rest);
        }}
      />
    </label>
  );
  return (
    <>
      <label class="check">
        <input
          type="checkbox"
          checked={hours !== undefined}
          onChange={(event) => onHours(event.currentTarget.checked ? TRADING : undefined)}
        />
        <span>Only at these hours of the shop</span>
      </label>
      {hours && (
        <div class="rule-fields">
          {end("From", hours.from, (from) => onHours({ ...hours, from }))}
          {end("To", hours.to, (to) => onHours({ ...hours, to }))}
        </div>
      )}
    </>
  );
}

function clock(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(minute / HOUR_MINUTES) % 24)}:${two(minute % HOUR_MINUTES)}`;
}
