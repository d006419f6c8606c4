import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { EffectBody, FlagDetails, GuardedFlagDetails } from "../../src/domain/guard/view.ts";
import type { Api } from "../access/api.ts";
import { usePolled } from "../access/polled.ts";
import { PolledNote } from "../access/polled-note.tsx";
import { type Format, span } from "../figures/format.ts";
import { circumstancesOf, expectationsOf, percent, stateNameOf, toneOf } from "../figures/rollout.ts";
import { Icon } from "../ui/icon.tsx";
import { Commands } from "./commands.tsx";
import { Errors } from "./errors.tsx";
import { GuardChart } from "./guard-chart.tsx";
import { Invitation } from "./invitation.tsx";
import { Ladder } from "./ladder.tsx";

const EVERY_MS = 2_000;

interface DetailsProps {
  readonly flagKey: string;
  readonly api: Api;
  readonly format: Format;
  readonly aheadMs: number;
  readonly mayDecide: boolean;
}

export function Details({ flagKey, api, format, aheadMs, mayDecide }: DetailsProps) {
  // A command has changed it: ask at once, not at the next turn.
  const [turn, setTurn] = useState(0);
  const ask = useCallback(() => api.get<FlagDetails>(`flags/${encodeURIComponent(flagKey)}`), [api, flagKey]);
  const polled = usePolled(ask, EVERY_MS, turn);
  const title = useRef<HTMLHeadingElement>(null);
  // The button that was pressed may be gone by now; whoever has no mouse goes on from the title.
  useEffect(() => {
    if (turn > 0) title.current?.focus();
  }, [turn]);
  const { value: flag } = polled;
  const note = <PolledNote polled={polled} asking="Asking its coordinator" format={format} />;
  if (!flag) return note;
  if (!flag.guarded)
    return (
      <>
        {note}
        <Invitation flag={flag} />
      </>
    );
  return (
    <article class="flag" aria-labelledby="flag-title">
      <header class="flag-head">
        <h3 id="flag-title" ref={title} tabIndex={-1}>
          {flag.title || flag.key}
        </h3>
        <code class="faint">{flag.key}</code>
      </header>
      {note}
      <p class={`flag-now ${toneOf(flag)}`}>
        <Icon name={toneOf(flag)} />
        <strong>{stateNameOf(flag)}</strong>
        <span>{circumstancesOf(flag)}</span>
      </p>
      {flag.fault !== null && (
        <p class="notice">A rehearsal is on: {flag.variants.fresh} fails on purpose until it is rolled back.</p>
      )}
      <Facts flag={flag} format={format} />
      <Commands flag={flag} api={api} mayDecide={mayDecide} onDone={() => setTurn((before) => before + 1)} />
      <Ladder flag={flag} format={format} />
      <GuardChart flagKey={flagKey} api={api} format={format} aheadMs={aheadMs} />
      <Errors errors={flag.errors} format={format} />
      <Expected flag={flag} format={format} />
    </article>
  );
}

function Facts({ flag, format }: { readonly flag: GuardedFlagDetails; readonly format: Format }) {
  const { guard, effect, entered_at: entered } = flag;
  return (
    <>
      <dl class="figures">
        <Fact name={`Share of ${flag.variants.fresh}`} text={percent(flag.share_percent)} />
        <Fact name="Epoch" text={format.count(flag.epoch)} />
        <Fact name="S against the limit" text={`${format.count(guard.s)} of ${format.count(guard.limit)}`} />
        <Fact name="Failures in a row" text={`${guard.failures_in_a_row} of ${guard.run_limit}`} />
      </dl>
      {entered !== null && flag.epoch > 0 && (
        <p class="faint">
          Since <time dateTime={entered}>{format.timeWithSeconds(Date.parse(entered))}</time>,{" "}
          {format.date(Date.parse(entered))}
        </p>
      )}
      {effect && <Effect effect={effect} safe={flag.variants.safe} format={format} />}
    </>
  );
}

const Fact = ({ name, text }: { readonly name: string; readonly text: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{text}</dd>
  </div>
);

const VERDICTS = {
  effective: "The rollback is seen to hold",
  ineffective: "The rollback does not hold",
  unproven: "Nothing came since, which proves nothing",
} as const;

/** What was seen after it was taken back, not what was meant to happen. */
function Effect({
  effect,
  safe,
  format,
}: {
  readonly effect: EffectBody;
  readonly safe: string;
  readonly format: Format;
}) {
  const { verdict, safe_operations: count, strays, last_stray_after_ms: after } = effect;
  const isBad = verdict === "ineffective";
  return (
    <p class={isBad ? "verdict failed" : "verdict"}>
      <Icon name={verdict === "effective" ? "calm" : isBad ? "critical" : "info"} />
      <span>
        {verdict === null ? "Watching whether it was left" : VERDICTS[verdict]}
        <span class="soft effect-figures">
          : {format.count(count)} operations on {safe} since
          {after === null
            ? ", none elsewhere"
            : `, ${format.count(strays)} elsewhere, the last ${span(after)} after it was taken back`}
        </span>
      </span>
    </p>
  );
}

function Expected({ flag: { expected }, format }: { readonly flag: GuardedFlagDetails; readonly format: Format }) {
  const lines = expected ? expectationsOf(expected, format.count) : [];
  return (
    <section class="flag-part" aria-labelledby="expected-title">
      <h4 id="expected-title">What can be expected of the guard</h4>
      {!expected || lines.length === 0 ? (
        <p class="soft">
          That depends on the traffic, and nothing came in the last hour. The first operations will tell.
        </p>
      ) : (
        <>
          <p class="soft">
            At {format.count(expected.operations_per_second)} operations a second, as in the last hour:
          </p>
          <dl class="expected">
            {lines.map(({ what, when }) => (
              <div key={what}>
                <dt>{what}</dt>
                <dd>{when}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </section>
  );
}
