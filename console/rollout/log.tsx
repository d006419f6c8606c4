import { useCallback } from "preact/hooks";
import type { FlagDecisionBody, FlagDecisionsBody } from "../../src/domain/guard/view.ts";
import type { Api } from "../access/api.ts";
import { usePolled } from "../access/polled.ts";
import { PolledNote } from "../access/polled-note.tsx";
import type { Format } from "../figures/format.ts";
import { decisionTitle, decisionTone } from "../figures/rollout.ts";
import { Chain } from "../pipeline/chain.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { useStore } from "../ui/store.ts";
import { flagOnView } from "./chosen.ts";
import { Samples } from "./errors.tsx";

const SHOWN = 40;
const LOG_EVERY_MS = 4_000;
const HASH_SHOWN = 8;
const ICONS: Readonly<Record<ReturnType<typeof decisionTone>, IconName>> = {
  trouble: "critical",
  relief: "calm",
  note: "level",
};

interface LogProps {
  readonly api: Api;
  readonly format: Format;
}

/** What was decided about the flag that is looked at, by whom and why, and whether anybody has changed that since. */
export function RolloutLog({ api, format }: LogProps) {
  const chosen = useStore(flagOnView);
  return (
    <section class="panel decisions" aria-labelledby="flag-log-title">
      <header class="panel-head">
        <h2 id="flag-log-title">Decision log</h2>
        {chosen !== null && <code class="faint">{chosen}</code>}
      </header>
      {chosen === null ? (
        <p class="soft">Of the flag that is looked at.</p>
      ) : (
        <Entries key={chosen} flagKey={chosen} api={api} format={format} />
      )}
    </section>
  );
}

function Entries({ flagKey, api, format }: LogProps & { readonly flagKey: string }) {
  const ask = useCallback(
    () => api.get<FlagDecisionsBody>(`flags/${encodeURIComponent(flagKey)}/decisions?limit=${SHOWN}`),
    [api, flagKey],
  );
  const polled = usePolled(ask, LOG_EVERY_MS);
  return (
    <>
      <PolledNote polled={polled} asking="Asking for the log" format={format} />
      {polled.value && <Book book={polled.value} format={format} />}
    </>
  );
}

function Book({ book, format }: { readonly book: FlagDecisionsBody; readonly format: Format }) {
  const { data, chain, next_cursor: next } = book;
  if (data.length === 0) return <p class="soft">Nothing had to be decided yet.</p>;
  return (
    <>
      <Chain broken={chain.first_broken === null ? null : { entry: chain.first_broken }} />
      <ol class="log-book">
        {data.map((decision) => (
          <Line key={decision.seq} decision={decision} format={format} />
        ))}
      </ol>
      {next !== null && <p class="faint">Older entries over the admin API.</p>}
    </>
  );
}

function Line({ decision, format }: { readonly decision: FlagDecisionBody; readonly format: Format }) {
  const { seq, at, by, reason, epoch, hash, evidence } = decision;
  const tone = decisionTone(decision);
  const time = Date.parse(at);
  return (
    <li class={`log-line ${tone}`}>
      <Icon name={ICONS[tone]} />
      <div>
        <p>{decisionTitle(decision)}</p>
        {reason !== "" && <p class="log-error">{reason}</p>}
        <p class="soft log-error">
          S {format.count(evidence.s)} of {format.count(evidence.limit)}; {format.count(evidence.errors)} errors in{" "}
          {format.count(evidence.operations)} operations
        </p>
        {evidence.errors_seen.length > 0 && (
          <details class="fold">
            <summary>
              What failed<span class="unseen"> before entry {seq}</span>
            </summary>
            <Samples samples={evidence.errors_seen} format={format} />
          </details>
        )}
        <p class="faint">
          <time dateTime={at} title={format.date(time)}>
            {format.timeWithSeconds(time)}
          </time>{" "}
          by {by}, epoch {epoch}, entry {seq} <code title={hash}>{hash.slice(0, HASH_SHOWN)}</code>
        </p>
      </div>
    </li>
  );
}
