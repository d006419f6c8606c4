import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Answer, Api } from "../access/api.ts";
import { refusedChange } from "../access/refusal.ts";
import { draftOf, type RuleDraft, type RuleField, ruleOf } from "../figures/rule-draft.ts";
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
const NOTHING: Said = { text: "", isBad: false };

export function RuleForm({ rule, api, mayAct, onSaved }: RuleFormProps) {
  const { draft, change, sent } = useDraft(rule);
  const { said, say, ask } = useRequest();
  const save = async (form: HTMLFormElement): Promise<void> => {
    const written = ruleOf(rule, draft);
    if (!written.ok) {
      say({ text: written.detail, isBad: true, field: written.field });
      form.querySelector<HTMLElement>(`[name="${written.field}"]`)?.focus();
      return;
    }
    const put = async (): Promise<Answer<unknown>> => {
      sent.current = draft;
      const match = { "if-match": `"${rule.version}"` };
      const answer = await api.send("PUT", `alert-rules/${rule.id}`, written.rule, match);
      if (!answer.ok) sent.current = null;
      return answer;
    };
    if (await ask(put, "Saved")) await onSaved();
  };
  const post = (action: string, done: string) => ask(() => api.send("POST", `alert-rules/${rule.id}/${action}`), done);
  const reset = async (): Promise<void> => {
    if (await post("reset", "As at the beginning")) await onSaved();
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
      <fieldset disabled={!mayAct}>
        <RuleFields rule={rule} draft={draft} wrong={said.field ?? null} onChange={change} />
        <div class="rule-actions">
          <button type="submit" class="primary">
            Save
          </button>
          <button type="button" onClick={() => void post("test", "A test is on its way")}>
            Send a test
          </button>
          {rule.default && (
            <button type="button" onClick={() => void reset()}>
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

/** What is written of the rule. `sent` is what of it was sent and is not answered by another version yet. */
function useDraft(rule: Rule) {
  const [draft, setDraft] = useState(() => draftOf(rule));
  const sent = useRef<RuleDraft | null>(null);
  useLayoutEffect(() => {
    const own = sent.current;
    sent.current = null;
    // Another version is what was saved here, and what was typed since goes on from it; or a colleague's, and what is written here is of the past.
    setDraft((now) => (own !== null && now !== own ? now : draftOf(rule)));
  }, [rule.version]);
  const change = (fields: Partial<RuleDraft>): void => setDraft((now) => ({ ...now, ...fields }));
  return { draft, change, sent };
}

/** One request at a time, and what came of it. Nothing is disabled meanwhile: that would take the focus from what was pressed. */
function useRequest() {
  const [said, say] = useState(NOTHING);
  const isBusy = useRef(false);
  const ask = async (request: () => Promise<Answer<unknown>>, done: string): Promise<boolean> => {
    if (isBusy.current) return false;
    isBusy.current = true;
    say(NOTHING);
    const answer = await request();
    isBusy.current = false;
    say(answer.ok ? { text: done, isBad: false } : { text: refusedChange(answer.refusal), isBad: true });
    return answer.ok;
  };
  return { said, say, ask };
}
