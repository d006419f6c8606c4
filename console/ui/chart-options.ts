import uPlot from "uplot";

interface Wanted {
  readonly width: number;
  readonly height: number;
  readonly timeZone: string;
  readonly time: (ms: number) => string;
  readonly axisValue: (value: number) => string;
  readonly onPoint: (index: number | null) => void;
}

/** Two lines that differ in colour, weight and dash, over as few grid lines as can be read by. */
export function chartOptions({ width, height, timeZone, time, axisValue, onPoint }: Wanted): uPlot.Options {
  return {
    width,
    height,
    padding: [8, 26, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), timeZone),
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(1, (Number.isFinite(most) ? most : 0) * 1.08)] } },
    series: [
      {},
      { stroke: () => colour("--accent"), width: 1.75, fill: () => colour("--accent-wash"), points: { show: false } },
      { stroke: () => colour("--faint"), width: 1.25, dash: [3, 3], points: { show: false } },
    ],
    axes: [
      {
        stroke: () => colour("--faint"),
        font: AXIS_FONT,
        grid: { show: false },
        ticks: { show: false },
        size: 24,
        gap: 4,
        space: 64,
        values: (_plot, at) => at.map((seconds) => time(seconds * 1_000)),
      },
      {
        stroke: () => colour("--faint"),
        font: AXIS_FONT,
        grid: { stroke: () => colour("--line"), width: 1 },
        ticks: { show: false },
        size: 48,
        gap: 4,
        space: 36,
        values: (_plot, values) => withoutRepeats(values.map(axisValue)),
      },
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
  };
}

/** Next to nothing, a grid line every few cents would say the same whole sum again and again. */
const withoutRepeats = (texts: readonly string[]): string[] =>
  texts.map((text, index) => (text === texts[index - 1] ? "" : text));

const AXIS_FONT = '11px "Geist Variable", system-ui, sans-serif';

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
