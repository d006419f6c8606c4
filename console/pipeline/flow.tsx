import { useCallback } from "preact/hooks";
import type { LaneBody, PipelineBody, StageBody } from "../../src/domain/pipeline/view.ts";
import type { Api } from "../access/api.ts";
import { usePolled } from "../access/polled.ts";
import { PolledNote } from "../access/polled-note.tsx";
import { type Format, span } from "../figures/format.ts";
import { detourName, LINES, STAGE_NAMES, stateName, waiting } from "../figures/pipeline.ts";
import { Icon } from "../ui/icon.tsx";

interface FlowProps {
  readonly api: Api;
  readonly format: Format;
}

/** The stages as work flows through them: how each is, which way its work goes, and what waits. */
export function Flow({ api, format }: FlowProps) {
  const ask = useCallback(() => api.get<PipelineBody>("pipeline"), [api]);
  const polled = usePolled(ask);
  const { value } = polled;
  return (
    <section class="panel pipeline" aria-labelledby="pipeline-title" tabIndex={0}>
      <header class="panel-head">
        <h2 id="pipeline-title">Pipeline</h2>
        {value && <span class="faint">routes of epoch {format.count(value.epoch)}</span>}
      </header>
      <PolledNote polled={polled} asking="Asking the coordinator" format={format} />
      {value && (
        <>
          {LINES.map(({ title, stages }) => (
            <div key={title} class="flow">
              <h3>{title}</h3>
              <ol class="flow-line">
                {stages.flatMap((name) => {
                  const stage = value.stages.find((each) => each.stage === name);
                  return stage ? [<Stage key={name} stage={stage} format={format} />] : [];
                })}
              </ol>
            </div>
          ))}
          <Spill spill={value.spill} format={format} />
        </>
      )}
    </section>
  );
}

function Stage({ stage, format }: { readonly stage: StageBody; readonly format: Format }) {
  const { indicators, lanes, state } = stage;
  const detour = detourName(stage);
  const isSick = state === "failed" || state === "stale";
  const open = lanes.filter(({ breaker }) => breaker !== "closed");
  return (
    <li class={isSick ? "stage sick" : "stage"}>
      <h4>{STAGE_NAMES[stage.stage]}</h4>
      <p class="stage-state">
        <Icon name={isSick ? "critical" : "calm"} />
        {stateName(stage)}
      </p>
      {detour !== "" && <p class="stage-detour">{detour}</p>}
      <dl>
        <Pair name="Done" text={format.count(indicators.ok)} />
        <Pair name="Failed" text={indicators.errors === 0 ? "0" : format.share(indicators.error_share)} />
        <Pair
          name="Takes"
          text={
            indicators.latency_ms
              ? `${span(indicators.latency_ms.p50)}, p99 ${span(indicators.latency_ms.p99)}`
              : "\u2013"
          }
        />
        <Pair name="Waiting" text={waiting(indicators, format.count)} />
      </dl>
      {open.length > 0 && (
        <ul class="breakers">
          {open.map((lane) => (
            <li key={lane.lane}>{breakerText(lane, format)}</li>
          ))}
        </ul>
      )}
    </li>
  );
}

const Pair = ({ name, text }: { readonly name: string; readonly text: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{text}</dd>
  </div>
);

function breakerText(
  { lane, breaker, open_until: until, probes_passed: passed = 0 }: LaneBody,
  format: Format,
): string {
  const name = lane.slice(lane.indexOf("/") + 1);
  if (breaker === "half_open") return `${name}: trying, ${passed} of 10 went well`;
  return until === undefined ? name : `${name}: left until ${format.timeWithSeconds(Date.parse(until))}`;
}

function Spill({ spill, format }: { readonly spill: PipelineBody["spill"]; readonly format: Format }) {
  if (spill.parts === 0) return <p class="soft spill">Nothing is put by: every event that was taken in is counted.</p>;
  const where = spill.shards.map(({ shard, events }) => `${shard} ${format.count(events)}`).join(", ");
  return (
    <p class="spill holding">
      <strong>{format.count(spill.events)}</strong> events are put by
      {spill.oldest_ms !== null && `, the oldest for ${span(spill.oldest_ms)}`}
      <span class="faint"> ({where})</span>
    </p>
  );
}
