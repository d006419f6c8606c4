import type UPlot from "uplot";

/**
 * Runs in the page of the report, which carries uPlot and the figures inside it. Only types are written here; `page.ts` strips them.
 */
declare const uPlot: typeof UPlot;

interface Line {
  readonly name: string;
  readonly column: string;
  readonly style: "main" | "second" | "faint";
  readonly unit: Unit;
}
type Unit = "count" | "rate" | "ms" | "money";

interface Figures {
  readonly currency: string;
  readonly phases: readonly { readonly name: string; readonly fromHour: number }[];
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

const HEIGHT = 190;
const BEGINS_AT_HOUR = 22;
const DAY_HOURS = 24;
const FONT = '11px "Geist Variable", system-ui, sans-serif';

const figures: Figures = JSON.parse(document.getElementById("figures")?.textContent ?? "{}");
/** A canvas does not know `light-dark()`; the colour of an element is one that it knows. */
const probe = document.body.appendChild(document.createElement("i"));
function colour(name: string): string {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const digits =
  new Intl.NumberFormat("en-US", { style: "currency", currency: figures.currency }).resolvedOptions()
    .maximumFractionDigits ?? 2;
const shortMoney = new Intl.NumberFormat("en-US", {
  style: "currency",
  currency: figures.currency,
  notation: "compact",
  maximumFractionDigits: 1,
});
const FORMATS: Readonly<Record<Unit, (value: number) => string>> = {
  count: (value) => short.format(value),
  rate: (value) => `${short.format(value)}/s`,
  ms: (value) => (value < 1_000 ? `${Math.round(value)} ms` : `${(value / 1_000).toFixed(1)} s`),
  money: (value) => shortMoney.format(value / 10 ** digits),
};

function clock(hour: number): string {
  if (hour > DAY_HOURS) return "after";
  const minutes = Math.round((BEGINS_AT_HOUR + hour) * 60);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
}

/** Where one phase ends and the next begins: the reader looks for midnight and for the flash sale. */
function drawPhases(plot: UPlot): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour("--line-strong");
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const { fromHour } of figures.phases.slice(1)) {
    const x = Math.round(plot.valToPos(fromHour, "x", true));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

const STROKES = { main: "--accent", second: "--less", faint: "--faint" } as const;

function optionsOf(lines: readonly Line[], width: number, onPoint: (index: number | null) => void): UPlot.Options {
  const unit = lines[0]?.unit ?? "count";
  const axis = { stroke: () => colour("--faint"), font: FONT, ticks: { show: false }, gap: 4 };
  return {
    width,
    height: HEIGHT,
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 }, sync: { key: "day" } },
    scales: {
      x: { time: false },
      y: { range: (_plot, _least, most) => [0, Math.max(1, (Number.isFinite(most) ? most : 0) * 1.08)] },
    },
    series: [
      {},
      ...lines.map(({ style }) => ({
        stroke: () => colour(STROKES[style]),
        width: style === "faint" ? 1.25 : 1.75,
        ...(style === "main" && { fill: () => colour("--accent-wash") }),
        ...(style === "faint" && { dash: [3, 3] }),
        points: { show: false },
        spanGaps: true,
      })),
    ],
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        space: 56,
        incrs: [1, 2, 3, 6, 12],
        values: (_plot, at) => at.map(clock),
      },
      {
        ...axis,
        grid: { stroke: () => colour("--line"), width: 1 },
        size: 56,
        space: 36,
        values: (_plot, values) => values.map(FORMATS[unit]),
      },
    ],
    hooks: { drawClear: [drawPhases], setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
  };
}

function mount(figure: HTMLElement): UPlot | undefined {
  const lines: readonly Line[] = JSON.parse(figure.dataset["lines"] ?? "[]");
  const frame = figure.querySelector<HTMLElement>(".chart");
  const readout = figure.querySelector<HTMLElement>(".readout");
  const hours = figures.series["hour"] ?? [];
  if (!frame || !readout) return undefined;
  const columns = lines.map(({ column }) => [...(figures.series[column] ?? [])]);
  const tell = (index: number | null): void => {
    const at = index ?? hours.length - 1;
    const texts = lines.map(({ name, unit }, line) => {
      const value = columns[line]?.[at];
      return `${name} ${value === null || value === undefined ? "\u2013" : FORMATS[unit](value)}`;
    });
    readout.textContent = index === null ? "" : [clock(hours[at] ?? 0), ...texts].join("   ");
  };
  const plot = new uPlot(optionsOf(lines, frame.clientWidth, tell), [hours.map(Number), ...columns], frame);
  new ResizeObserver(() => plot.setSize({ width: frame.clientWidth, height: HEIGHT })).observe(frame);
  return plot;
}

const plots = [...document.querySelectorAll<HTMLElement>("figure")].flatMap((figure) => mount(figure) ?? []);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const plot of plots) plot.redraw(false, true);
});
