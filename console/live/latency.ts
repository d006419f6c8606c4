import { ageMs } from "../../src/domain/age.ts";

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
}

const WINDOW_MS = 5 * 60_000;
const MOST_SAMPLES = 4_000;

/** Latencies of the last five minutes, kept one by one: at a few frames a second exact quantiles cost less than a sketch. */
export class LatencyWindow {
  #samples: { readonly at: number; readonly ms: number }[] = [];

  add(at: number, ms: number): void {
    this.#samples.push({ at, ms: Math.max(0, ms) });
    if (this.#samples.length > MOST_SAMPLES) this.#samples = this.#samples.slice(-MOST_SAMPLES / 2);
  }

  quantiles(now: number): Quantiles | null {
    this.#samples = this.#samples.filter(({ at }) => ageMs(at, now) < WINDOW_MS);
    const sorted = this.#samples.map(({ ms }) => ms).toSorted((a, b) => a - b);
    if (sorted.length === 0) return null;
    return { p50: nearestRank(sorted, 0.5), p99: nearestRank(sorted, 0.99), count: sorted.length };
  }
}

const nearestRank = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
