import type { SeriesBody } from "../../src/domain/guard/view.ts";

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** UTC ms at the left and the right edge. */
  readonly from: number;
  readonly to: number;
}

export interface GuardDrawing {
  readonly line: string;
  readonly area: string;
  /** A tick for each bucket with errors. */
  readonly ticks: string;
  readonly limitY: number;
  readonly most: number;
  readonly operations: number;
  readonly errors: number;
}

/** Room above the limit, so that crossing it can be seen. */
const HEADROOM = 1.15;
const TICK = 7;

/**
 * The statistic as steps: without operations it stays what it was. Of the points that share a column of pixels the highest is drawn, because a peak
 * that is averaged away is what one looks for.
 */
export function guardPath({ points, limit }: SeriesBody, { width, height, from, to }: Frame): GuardDrawing {
  const shown = points
    .map((point) => ({ ...point, ms: Date.parse(point.at) }))
    .filter(({ ms }) => ms >= from && ms <= to);
  const most = Math.max(0, ...shown.map(({ s }) => s));
  const top = Math.max(limit * HEADROOM, most * 1.05);
  const x = (ms: number): number => Math.round(((ms - from) / (to - from)) * width);
  const y = (s: number): number => Math.round((1 - s / top) * height * 10) / 10;
  const peaks = new Map<number, number>();
  const erring = new Set<number>();
  for (const { ms, s, err } of shown) {
    peaks.set(x(ms), Math.max(peaks.get(x(ms)) ?? 0, s));
    if (err > 0) erring.add(x(ms));
  }
  const [first] = peaks.keys();
  const steps = [...peaks].map(([at, s], index) => (index === 0 ? `M${at} ${y(s)}` : `H${at}V${y(s)}`)).join("");
  const line = first === undefined ? "" : `${steps}H${width}`;
  return {
    line,
    area: first === undefined ? "" : `${line}V${height}H${first}Z`,
    ticks: [...erring].map((at) => `M${at} ${height}v-${TICK}`).join(""),
    limitY: y(limit),
    most,
    operations: shown.reduce((sum, { ok, err }) => sum + ok + err, 0),
    errors: shown.reduce((sum, { err }) => sum + err, 0),
  };
}
