import { useState } from "preact/hooks";
import type { ConsoleSession } from "../../src/domain/live.ts";
import { Icon, Mark } from "../ui/icon.tsx";
import { Api, type Refusal } from "./api.ts";
import { storeKey } from "./key.ts";
import { explained } from "./refusal.ts";

interface LoginProps {
  /** Why the reader is here again. */
  readonly refusal: Refusal | null;
  readonly onEnter: (api: Api, session: ConsoleSession) => void;
}

export function Login({ refusal, onEnter }: LoginProps) {
  const [key, setKey] = useState("");
  const [isRemembered, setRemembered] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [failed, setFailed] = useState(refusal);

  const enter = async (): Promise<void> => {
    setBusy(true);
    const api = new Api(key.trim());
    const answer = await api.get<ConsoleSession>("session");
    setBusy(false);
    if (!answer.ok) return setFailed(answer.refusal);
    storeKey(key.trim(), isRemembered);
    onEnter(api, answer.value);
  };

  return (
    <main class="login">
      <form
        class="login-form"
        onSubmit={(event) => {
          event.preventDefault();
          void enter();
        }}
      >
        <Mark />
        <h1>Breakwater console</h1>
        <p class="soft">What the shop does, as it happens. Sign in with a key of the admin API.</p>
        <label class="field">
          <span>Admin key</span>
          <input
            type="password"
            autocomplete="current-password"
            required
            autofocus
            spellcheck={false}
            value={key}
            aria-invalid={failed !== null}
            aria-describedby={failed ? "login-failed" : undefined}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={isRemembered}
            onChange={(event) => setRemembered(event.currentTarget.checked)}
          />
          <span>Remember on this device</span>
        </label>
        <div role="alert">
          {failed && (
            <p id="login-failed" class="failed">
              <Icon name="critical" />
              <span>{explained(failed)}</span>
            </p>
          )}
        </div>
        <button type="submit" class="primary" disabled={isBusy || key.trim() === ""}>
          {isBusy ? "Checking the key" : "Open the console"}
        </button>
        <p class="faint">
          Without the tick the key is forgotten when this tab is closed. Where Cloudflare Access guards the shop, no key
          is asked for.
        </p>
      </form>
    </main>
  );
}
