import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Series } from "../figures/series.ts";
import { onColoursChange } from "../shell/theme.ts";
import { chartOptions } from "./chart-options.ts";

export interface ChartProps {
  readonly series: Series;
  readonly height: number;
  readonly timeZone: string;
  readonly time: (ms: number) => string;
  readonly value: (value: number) => string;
  readonly axisValue: (value: number) => string;
  /** What the picture says, for who cannot see it. */
  readonly summary: string;
}

/** Today against yesterday. The readout below the lines follows the pointer, and shows the newest point while there is none. */
export function Chart({ series, height, timeZone, time, value, axisValue, summary }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const size = { width: element.clientWidth, height };
    const made = new uPlot(
      chartOptions({ ...size, timeZone, time, axisValue, onPoint: setPointed }),
      dataOf(series),
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    const stop = onColoursChange(() => made.redraw(false, true));
    return () => {
      resized.disconnect();
      stop();
      made.destroy();
    };
  }, [height, timeZone, time, axisValue]);

  useEffect(() => plot.current?.setData(dataOf(series)), [series]);

  const shown = pointed ?? series.today.findLastIndex((point) => point !== null);
  const at = series.at[shown];
  return (
    <>
      <div ref={frame} class="chart" role="img" aria-label={summary} />
      <p class="readout" aria-hidden="true">
        <span class="readout-at">{at === undefined ? "" : time(at * 1_000)}</span>
        <Reading name="today" value={series.today[shown] ?? null} format={value} />
        {series.yesterday.some((point) => point !== null) && (
          <Reading name="yesterday" value={series.yesterday[shown] ?? null} format={value} />
        )}
      </p>
    </>
  );
}

interface ReadingProps {
  readonly name: "today" | "yesterday";
  readonly value: number | null;
  readonly format: (value: number) => string;
}

function Reading({ name, value, format }: ReadingProps) {
  return (
    <span class="reading">
      <svg class={`sample ${name}`} viewBox="0 0 18 4" focusable="false">
        <path d="M0 2h18" />
      </svg>
      <span class="soft">{name}</span> <span class="figure">{value === null ? "\u2013" : format(value)}</span>
    </span>
  );
}

const dataOf = ({ at, today, yesterday }: Series): uPlot.AlignedData => [[...at], [...today], [...yesterday]];
