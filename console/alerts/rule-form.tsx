import { useState } from "preact/hooks";
import type { Answer, Api } from "../access/api.ts";
import { refusedChange } from "../access/refusal.ts";
import { draftOf, type RuleField, ruleOf } from "../figures/rule-draft.ts";
import { RuleFields } from "./rule-fields.tsx";
import type { Rule } from "./rules.tsx";

interface RuleFormProps {
  readonly rule: Rule;
  readonly api: Api;
  readonly mayAct: boolean;
  readonly onSaved: () => Promise<void>;
}

interface Said {
  readonly text: string;
  readonly isBad: boolean;
  /** The field that it is about. */
  readonly field?: RuleField;
}

export function RuleForm({ rule, api, mayAct, onSaved }: RuleFormProps) {
  const [draft, setDraft] = useState(() => draftOf(rule));
  const [said, setSaid] = useState<Said>({ text: "", isBad: false });
  const [isBusy, setBusy] = useState(false);

  const ask = async (request: Promise<Answer<unknown>>, done: string, isChange: boolean): Promise<void> => {
    setBusy(true);
    const answer = await request;
    setBusy(false);
    setSaid(answer.ok ? { text: done, isBad: false } : { text: refusedChange(answer.refusal), isBad: true });
    if (answer.ok && isChange) await onSaved();
  };
  const save = async (form: HTMLFormElement): Promise<void> => {
    const written = ruleOf(rule, draft);
    if (written.ok) {
      const match = { "if-match": `"${rule.version}"` };
      return ask(api.send("PUT", `alert-rules/${rule.id}`, written.rule, match), "Saved", true);
    }
    setSaid({ text: written.detail, isBad: true, field: written.field });
    form.querySelector<HTMLElement>(`[name="${written.field}"]`)?.focus();
  };

  return (
    <form
      class="rule-form"
      aria-label={rule.name}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save(event.currentTarget);
      }}
    >
      <fieldset disabled={!mayAct || isBusy}>
        <RuleFields
          rule={rule}
          draft={draft}
          wrong={said.field ?? null}
          onChange={(change) => setDraft({ ...draft, ...change })}
        />
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
