import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { FlagBody, FlagHead, FlagsBody } from "../../src/domain/guard/view.ts";
import type { Api } from "../access/api.ts";
import { usePolled } from "../access/polled.ts";
import { PolledNote } from "../access/polled-note.tsx";
import type { Format } from "../figures/format.ts";
import { changesOf, percent, stateNameOf, toneOf } from "../figures/rollout.ts";
import { writeRoute } from "../shell/address.ts";
import { Icon } from "../ui/icon.tsx";
import { useStore } from "../ui/store.ts";
import { flagOnView } from "./chosen.ts";
import { Details } from "./details.tsx";

const SCREEN = "rollout";
const LIST_EVERY_MS = 4_000;
const NONE: readonly FlagBody[] = [];

interface RolloutProps {
  readonly api: Api;
  readonly format: Format;
  readonly aheadMs: number;
  /** The flag that the address names. */
  readonly flag: string | null;
  /** Whether this reader may start, stop and take back. */
  readonly mayDecide: boolean;
}

/** The guarded flags, and all about one of them: how far it is, why no further, and a person's say in it. */
export function Rollout({ api, format, aheadMs, flag, mayDecide }: RolloutProps) {
  const ask = useCallback(() => api.get<FlagsBody>("flags"), [api]);
  const polled = usePolled(ask, LIST_EVERY_MS);
  const flags = polled.value?.data ?? NONE;
  const kept = useStore(flagOnView);
  const chosen = flag ?? kept ?? (flags.find(({ guarded }) => guarded) ?? flags[0])?.key ?? null;
  useEffect(() => flagOnView.set(chosen), [chosen]);
  return (
    <section class="panel rollout" aria-labelledby="rollout-title" tabIndex={0}>
      <header class="panel-head">
        <h2 id="rollout-title">Rollout</h2>
        <span class="faint">who answers, and how far it is trusted</span>
      </header>
      <PolledNote polled={polled} asking="Asking the coordinators" format={format} />
      {polled.value && (
        <ul class="flag-list" aria-label="Flags">
          {flags.map((each) => (
            <Entry key={each.key} flag={each} isChosen={each.key === chosen} />
          ))}
          {polled.value.silent.map((each) => (
            <Silent key={each.key} flag={each} isChosen={each.key === chosen} />
          ))}
        </ul>
      )}
      {/* Whatever came of the list: somebody may be answering a question in there. */}
      {chosen !== null && <Details key={chosen} flagKey={chosen} {...{ api, format, aheadMs, mayDecide }} />}
      <Announcer flags={flags} />
    </section>
  );
}

function Entry({ flag, isChosen }: { readonly flag: FlagBody; readonly isChosen: boolean }) {
  const { key, title, share_percent: share } = flag;
  return (
    <li>
      <a
        class="flag-entry"
        href={writeRoute({ screen: SCREEN, open: { kind: "flag", key } })}
        aria-current={isChosen ? "true" : undefined}
      >
        <span class="flag-name">{title || key}</span>
        <span class={`flag-state ${toneOf(flag)}`}>
          <Icon name={toneOf(flag)} />
          {stateNameOf(flag)}
        </span>
        <span class="flag-figures soft">
          <span class="figure">{percent(share)}</span>
          {flag.guarded && (
            <>
              <span>epoch {flag.epoch}</span>
              <span>
                S {flag.guard.s} of {flag.guard.limit}
              </span>
            </>
          )}
        </span>
        <span class="share-track" aria-hidden="true">
          <span class="share-bar" style={{ inlineSize: percent(share).replace(" ", "") }} />
        </span>
      </a>
    </li>
  );
}

/** Nothing is known of it but its name, and that is not the same as nothing being wrong. */
function Silent({ flag: { key, title }, isChosen }: { readonly flag: FlagHead; readonly isChosen: boolean }) {
  return (
    <li>
      <a
        class="flag-entry"
        href={writeRoute({ screen: SCREEN, open: { kind: "flag", key } })}
        aria-current={isChosen ? "true" : undefined}
      >
        <span class="flag-name">{title || key}</span>
        <span class="flag-state warning">
          <Icon name="warning" />
          Does not answer
        </span>
      </a>
    </li>
  );
}

/** Says which flag moved, once, whichever is looked at. One that is silent is compared with what it was before. */
function Announcer({ flags }: { readonly flags: readonly FlagBody[] }) {
  const known = useRef(flags);
  const [said, setSaid] = useState("");
  useEffect(() => {
    const changes = changesOf(known.current, flags);
    const silent = known.current.filter(({ key }) => !flags.some((flag) => flag.key === key));
    known.current = [...flags, ...silent];
    if (changes.length > 0) setSaid(changes.join(" "));
  }, [flags]);
  return (
    <p class="unseen" aria-live="polite">
      {said}
    </p>
  );
}
