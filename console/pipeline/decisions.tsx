import { useCallback } from "preact/hooks";
import type { DecisionBody, DecisionsBody } from "../../src/domain/pipeline/view.ts";
import type { Api } from "../access/api.ts";
import { usePolled } from "../access/polled.ts";
import { PolledNote } from "../access/polled-note.tsx";
import type { Format } from "../figures/format.ts";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Chain } from "./chain.tsx";

const SHOWN = 40;
const ICONS: Readonly<Record<DecisionBody["tone"], IconName>> = { trouble: "critical", relief: "calm", note: "level" };

interface DecisionsProps {
  readonly api: Api;
  readonly format: Format;
}

/** What the system decided by itself, as a log book is read: when, what, and why. */
export function Decisions({ api, format }: DecisionsProps) {
  const ask = useCallback(() => api.get<DecisionsBody>(`decisions?limit=${SHOWN}`), [api]);
  const polled = usePolled(ask);
  const { value } = polled;
  return (
    <section class="panel decisions" aria-labelledby="decisions-title">
      <header class="panel-head">
        <h2 id="decisions-title">Decisions</h2>
        <span class="faint">what was decided, and why</span>
      </header>
      <PolledNote polled={polled} asking="Asking for the log" format={format} />
      {value?.data.length === 0 && <p class="soft">Nothing had to be decided yet.</p>}
      {value && value.data.length > 0 && <Chains chain={value.chain} />}
      {value && (
        <ol class="log-book">
          {value.data.map((decision) => (
            <Line key={decision.id} decision={decision} format={format} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Chains({ chain }: Pick<DecisionsBody, "chain">) {
  if (chain.intact) return <Chain broken={null} />;
  return chain.broken.map(({ source, first_broken: entry }) => <Chain key={source} broken={{ source, entry }} />);
}

function Line({
  decision: { at, tone, text, subject, evidence },
  format,
}: {
  readonly decision: DecisionBody;
  readonly format: Format;
}) {
  const time = Date.parse(at);
  const error = typeof evidence["error"] === "string" ? evidence["error"] : undefined;
  return (
    <li class={`log-line ${tone}`}>
      <Icon name={ICONS[tone]} />
      <div>
        <p>{text}</p>
        {error !== undefined && <p class="log-error">{error}</p>}
        <p class="faint">
          <time dateTime={at} title={format.date(time)}>
            {format.timeWithSeconds(time)}
          </time>{" "}
          {subject}
        </p>
      </div>
    </li>
  );
}
