import { DDSketch } from "@datadog/sketches-js";
import { type CallSlot, failedShare, type PspCall, withCalls } from "../../src/domain/psp-calls.ts";

/** Quantiles are right to one per cent of the value, whatever the distribution (DDSketch, VLDB 2019). */
const RELATIVE_ACCURACY = 0.01;
const QUANTILES = { p50: 0.5, p90: 0.9, p99: 0.99 } as const;

export interface CallFigures {
  /** UTC ms since which the figures count. */
  readonly since: number;
  readonly outcomes: readonly { readonly operation: string; readonly outcome: string; readonly count: number }[];
  /** Of all calls together; null before the first. */
  readonly latencyMs: { readonly [Quantile in keyof typeof QUANTILES]: number } | null;
  /** Of the last minute, 0 to 1; null when there was no call. */
  readonly failedShare: number | null;
}

/** How the provider has been answering. A sketch instead of a list: a day of calls in a few kilobytes. */
export class CallAccount {
  readonly #since: number;
  readonly #latency = new DDSketch({ relativeAccuracy: RELATIVE_ACCURACY });
  readonly #outcomes = new Map<string, { operation: string; outcome: string; count: number }>();
  #slots: readonly CallSlot[] = [];

  /** `slots`: what is still known of before. */
  constructor(since: number, slots: readonly CallSlot[] = []) {
    this.#since = since;
    this.#slots = slots;
  }

  /** What must not be forgotten while calls fail: in a shop with few of them each would else be the first. */
  trouble(): readonly CallSlot[] | undefined {
    return this.#slots.some(({ failed }) => failed > 0) ? this.#slots : undefined;
  }

  add(calls: readonly PspCall[], now: number): void {
    this.#slots = withCalls(this.#slots, calls, now);
    for (const { operation, outcome, latencyMs } of calls) {
      this.#latency.accept(latencyMs);
      const key = `${operation} ${outcome}`;
      const known = this.#outcomes.get(key);
      this.#outcomes.set(key, { operation, outcome, count: (known?.count ?? 0) + 1 });
    }
  }

  figures(now: number): CallFigures {
    const at = (quantile: number): number => Math.round(this.#latency.getValueAtQuantile(quantile));
    const { p50, p90, p99 } = QUANTILES;
    const latencyMs = this.#latency.count === 0 ? null : { p50: at(p50), p90: at(p90), p99: at(p99) };
    const outcomes = [...this.#outcomes.values()];
    return { since: this.#since, outcomes, latencyMs, failedShare: failedShare(this.#slots, now) ?? null };
  }
}
