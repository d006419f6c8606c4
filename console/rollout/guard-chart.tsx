import { useCallback, useState } from "preact/hooks";
import type { SeriesBody } from "../../src/domain/guard/view.ts";
import type { Api } from "../access/api.ts";
import { usePolled } from "../access/polled.ts";
import { PolledNote } from "../access/polled-note.tsx";
import type { Format } from "../figures/format.ts";
import { type GuardDrawing, guardPath } from "../figures/guard-path.ts";
import { Choice } from "../ui/choice.tsx";
import { useNow } from "../ui/now.ts";

const SPANS = { "600": "10 min", "3600": "1 h", "86400": "24 h" } as const;
type Seconds = keyof typeof SPANS;
/** The coordinator sums up ten seconds at a time. */
const EVERY_MS = 10_000;
const SIZE = { width: 600, height: 120 } as const;

interface GuardChartProps {
  readonly flagKey: string;
  readonly api: Api;
  readonly format: Format;
  readonly aheadMs: number;
}

/** The statistic against its limit, and when there were errors. */
export function GuardChart({ flagKey, api, format, aheadMs }: GuardChartProps) {
  const [seconds, setSeconds] = useState<Seconds>("3600");
  const ask = useCallback(
    () => api.get<SeriesBody>(`flags/${encodeURIComponent(flagKey)}/series?seconds=${seconds}`),
    [api, flagKey, seconds],
  );
  const polled = usePolled(ask, EVERY_MS);
  const { value: series } = polled;
  const to = useNow(EVERY_MS) + aheadMs;
  const from = to - Number(seconds) * 1_000;
  return (
    <section class="flag-part" aria-labelledby="guard-title">
      <header class="flag-part-head">
        <h4 id="guard-title">Guard</h4>
        <Choice label="Time shown" options={SPANS} value={seconds} onChange={setSeconds} />
      </header>
      <PolledNote polled={polled} asking="Asking for its course" format={format} />
      {series && <Picture drawing={guardPath(series, { ...SIZE, from, to })} {...{ series, from, format }} />}
    </section>
  );
}

interface PictureProps {
  readonly drawing: GuardDrawing;
  readonly series: SeriesBody;
  readonly from: number;
  readonly format: Format;
}

function Picture({ drawing, series: { limit }, from, format }: PictureProps) {
  const { line, area, ticks, limitY, most, operations, errors } = drawing;
  const said = `errors: ${format.count(errors)} in ${format.count(operations)} operations`;
  return (
    <>
      <svg
        class="guard-chart"
        viewBox={`0 0 ${SIZE.width} ${SIZE.height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`S over time: at most ${most} of ${limit}, at which the path is left. ${said}.`}
      >
        <path class="guard-area" d={area} />
        <path class="guard-limit" d={`M0 ${limitY}H${SIZE.width}`} />
        <path class="guard-line" d={line} />
        <path class="guard-ticks" d={ticks} />
      </svg>
      <p class="guard-times faint" aria-hidden="true">
        <span>{format.time(from)}</span>
        <span>now</span>
      </p>
      <p class="readout">
        <span class="reading">
          <svg class="sample" viewBox="0 0 18 4" aria-hidden="true" focusable="false">
            <path d="M0 2h18" />
          </svg>
          <span class="soft">S, at most</span> {format.count(most)}
        </span>
        <span class="reading">
          <svg class="sample limit" viewBox="0 0 18 4" aria-hidden="true" focusable="false">
            <path d="M0 2h18" />
          </svg>
          <span class="soft">left at</span> {format.count(limit)}
        </span>
        <span class="reading soft">{line === "" ? "nothing was seen in this time" : said}</span>
      </p>
    </>
  );
}
