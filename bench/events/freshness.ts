import type { SeenFrame } from "./live.ts";
import type { Arrival } from "./open-loop.ts";

export interface Freshness {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Events that it is of. */
  readonly events: number;
  /** Events that no frame counted. */
  readonly unseen: number;
}

/**
 * From the moment an event was due to be sent until a frame came in that counts it. Which events a frame counts is not in it, only how many;
 * the nth to be sent is taken for the nth to be counted. Where they overtake each other the sum of all waits stays the same.
 */
export function freshnessOf(arrivals: readonly Arrival[], frames: readonly SeenFrame[], before: number): Freshness {
  const waits: { readonly ms: number; readonly events: number }[] = [];
  let [sum, frame, unseen] = [before, 0, 0];
  for (const { dueAt, events } of arrivals) {
    sum += events;
    while (frame < frames.length && (frames[frame]?.received ?? 0) < sum) frame += 1;
    const shown = frames[frame];
    if (shown) waits.push({ ms: Math.max(0, shown.at - dueAt), events });
    else unseen += events;
  }
  const sorted = waits.toSorted((a, b) => a.ms - b.ms);
  const events = sorted.reduce((all, wait) => all + wait.events, 0);
  return {
    p50Ms: quantile(sorted, events * 0.5),
    p99Ms: quantile(sorted, events * 0.99),
    maxMs: sorted.at(-1)?.ms ?? Number.NaN,
    events,
    unseen,
  };
}

function quantile(sorted: readonly { readonly ms: number; readonly events: number }[], until: number): number {
  let events = 0;
  return sorted.find((wait) => (events += wait.events) >= until)?.ms ?? Number.NaN;
}
