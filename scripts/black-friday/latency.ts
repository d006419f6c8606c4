/** In ms; `NaN` where there was nothing. */
export interface Latency {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export function latencyOf(values: readonly number[]): Latency {
  const sorted = Float64Array.from(values).toSorted();
  const at = (part: number): number =>
    sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
  const sum = sorted.reduce((all, value) => all + value, 0);
  return {
    count: sorted.length,
    mean: sum / sorted.length,
    p50: at(0.5),
    p99: at(0.99),
    max: sorted.at(-1) ?? Number.NaN,
  };
}
