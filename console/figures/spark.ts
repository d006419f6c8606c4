interface Size {
  readonly width: number;
  readonly height: number;
}

export interface SparkPath {
  readonly line: string;
  readonly area: string;
  readonly last: { readonly x: number; readonly y: number } | null;
}

const EDGE = 2.5;
/** A single view is no mountain: below this the shape stays low. */
const LEAST_TOP = 6;

/** SVG paths of a row of values from 0 up, to the tenth of a pixel. */
export function sparkPath(values: readonly number[], { width, height }: Size): SparkPath {
  if (values.length < 2) return { line: "", area: "", last: null };
  const top = Math.max(LEAST_TOP, ...values);
  const bottom = height - EDGE;
  const x = (index: number): number => round(EDGE + (index * (width - 2 * EDGE)) / (values.length - 1));
  const y = (value: number): number => round(bottom - (Math.max(0, value) / top) * (bottom - EDGE));
  const points = values.map((value, index) => ({ x: x(index), y: y(value) }));
  const line = `M${points.map((point) => `${point.x} ${point.y}`).join("L")}`;
  const [first, last] = [points[0], points.at(-1)];
  const area = `${line}L${last?.x} ${bottom}L${first?.x} ${bottom}Z`;
  return { line, area, last: last ?? null };
}

const round = (value: number): number => Math.round(value * 10) / 10;
