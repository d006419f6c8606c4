import { useState } from "preact/hooks";
import type { CommandType, GuardedFlagDetails } from "../../src/domain/guard/view.ts";
import { LIMITS } from "../../src/domain/limits.ts";
import type { Api } from "../access/api.ts";
import { mayBeDone, refusedChange } from "../access/refusal.ts";
import { commandBody, commandText, isStillMeant, stateNameOf } from "../figures/rollout.ts";
import { Sheet } from "../ui/sheet.tsx";

interface CommandsProps {
  readonly flag: GuardedFlagDetails;
  readonly api: Api;
  readonly mayDecide: boolean;
  readonly onDone: () => void;
}

/** What is possible now, each with a second look and a reason. */
export function Commands({ flag, api, mayDecide, onDone }: CommandsProps) {
  const [asked, setAsked] = useState<{ readonly type: CommandType; readonly flag: GuardedFlagDetails } | null>(null);
  if (!mayDecide)
    return (
      <p class="soft">
        This key may look at flags. To start, stop or take one back it would need the scope <code>flags:write</code>.
      </p>
    );
  return (
    <div class="commands" role="group" aria-label="Commands">
      {flag.commands.map((type) => (
        <button
          key={type}
          type="button"
          class={type === "kill" ? "danger" : undefined}
          aria-haspopup="dialog"
          onClick={() => setAsked({ type, flag })}
        >
          {commandText(type, flag).label}
        </button>
      ))}
      {asked && (
        <Confirmation
          type={asked.type}
          asked={asked.flag}
          flag={flag}
          api={api}
          onClose={() => setAsked(null)}
          onDone={() => {
            setAsked(null);
            onDone();
          }}
        />
      )}
    </div>
  );
}

interface ConfirmationProps {
  readonly type: CommandType;
  /** As it was when the button was pressed, which is what the reader has in mind. */
  readonly asked: GuardedFlagDetails;
  readonly flag: GuardedFlagDetails;
  readonly api: Api;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

const MOVED = "It has moved in the meantime";
const AGAIN = "Close this and look again.";
const OPEN = "It may have been done. Look at the flag before you ask again:";

function Confirmation({ type, asked, flag, api, onClose, onDone }: ConfirmationProps) {
  const [reason, setReason] = useState("");
  const [failed, setFailed] = useState("");
  const [isSending, setSending] = useState(false);
  const { label, effect } = commandText(type, asked);
  const isMeant = isStillMeant(type, asked, flag);
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (reason.trim() === "") return setFailed("Say why: whoever reads the log will want to know.");
    setSending(true);
    const body = commandBody(type, asked, reason);
    const answer = await api.send("POST", `flags/${encodeURIComponent(flag.key)}/${type}`, body);
    setSending(false);
    if (answer.ok) return onDone();
    const said = refusedChange(answer.refusal);
    if (answer.refusal.reason === "moved") return setFailed(`${MOVED}, and nothing was done. ${AGAIN}`);
    setFailed(mayBeDone(answer.refusal) ? `${OPEN} ${said}` : said);
  };
  return (
    <Sheet title={`${label}?`} note={`${flag.title || flag.key}, ${flag.key}`} isQuestion onClose={onClose}>
      <form class="question" onSubmit={(event) => void send(event)} noValidate>
        <p>{effect}</p>
        <label class="field">
          <span>Reason</span>
          <textarea
            rows={2}
            required
            maxLength={LIMITS.textChars}
            value={reason}
            aria-describedby="reason-note"
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <p id="reason-note" class="faint">
          It stands in the decision log, with your name.
        </p>
        <p role="alert" class="failed">
          {isMeant ? failed : `${MOVED}: ${stateNameOf(flag)}, at ${flag.rung}, epoch ${flag.epoch}. ${AGAIN}`}
        </p>
        <div class="question-actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class={type === "kill" ? "primary danger" : "primary"} disabled={!isMeant || isSending}>
            {isSending ? "Asking" : label}
          </button>
        </div>
      </form>
    </Sheet>
  );
}
