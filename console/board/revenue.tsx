import { useState } from "preact/hooks";
import type { Board, MinuteRow } from "../../src/domain/live.ts";
import type { Format } from "../figures/format.ts";
import { lastHour, type Series, underWay, wholeDay } from "../figures/series.ts";
import { Chart } from "../ui/chart.tsx";
import { Choice } from "../ui/choice.tsx";
import { memo } from "../ui/memo.tsx";
import { useNow } from "../ui/now.ts";
import { useSteady } from "../ui/steady.ts";

const SPANS = { hour: "Last hour", day: "Today" } as const;
type Span = keyof typeof SPANS;

const HEIGHT = 216;
/** A line that ends a few seconds late is no worse, and is drawn a tenth as often. */
const REDRAW_MS = 5_000;

interface RevenueProps {
  readonly minutes: readonly MinuteRow[];
  readonly day: Board["day"];
  readonly aheadMs: number;
  readonly format: Format;
}

export const Revenue = memo(function Revenue({ minutes, day, aheadMs, format }: RevenueProps) {
  const [span, setSpan] = useState<Span>("hour");
  const now = useNow(REDRAW_MS) + aheadMs;
  const startsAt = Date.parse(day.starts_at);
  const { days } = format;
  // Only minutes that are over are drawn, so most frames change nothing here.
  const series = useSteady(
    span === "hour"
      ? lastHour(minutes, "revenue", { now, days })
      : wholeDay(minutes, "revenue", { startsAt, now, days }),
  );
  const money = format.shopMoney;
  return (
    <section class="panel revenue" aria-labelledby="revenue-title">
      <header class="panel-head">
        <h2 id="revenue-title">Revenue per minute</h2>
        <Choice label="Span of the chart" options={SPANS} value={span} onChange={setSpan} />
      </header>
      <Chart
        series={series}
        height={HEIGHT}
        timeZone={format.timeZone}
        time={format.time}
        value={money}
        axisValue={format.moneyShort}
        summary={summaryOf(series, SPANS[span], money)}
      />
      <p class="faint under-way">
        This minute so far <span class="figure soft">{money(underWay(minutes, "revenue", now))}</span>
      </p>
    </section>
  );
});

function summaryOf({ today, yesterday }: Series, span: string, money: (amount: number) => string): string {
  const mean = (points: readonly (number | null)[]): number | null => {
    const known = points.filter((point) => point !== null);
    return known.length === 0 ? null : known.reduce((sum, point) => sum + point, 0) / known.length;
  };
  const said = (value: number | null): string => (value === null ? "nothing recorded" : `${money(value)} on average`);
  return `Revenue per minute, ${span.toLowerCase()}: today ${said(mean(today))}, yesterday ${said(mean(yesterday))}.`;
}
