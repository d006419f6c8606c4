import { DDSketch } from "@datadog/sketches-js";
import type { Freshness } from "../../src/domain/live.ts";

/** Quantiles are right to one per cent of the value (DDSketch, VLDB 2019). */
const RELATIVE_ACCURACY = 0.01;
const WINDOW_MS = 5 * 60_000;
const SLOT_MS = 15_000;

interface Slot {
  readonly startsAt: number;
  readonly sketch: DDSketch;
}

const emptySketch = (): DDSketch => new DDSketch({ relativeAccuracy: RELATIVE_ACCURACY });

/** How long events took from their receipt to the frame that showed them, over the last five minutes: a sketch per 15 s, merged when asked. */
export class FrameLatency {
  #slots: Slot[] = [];

  add(latencyMs: number, events: number, now: number): void {
    const startsAt = Math.floor(now / SLOT_MS) * SLOT_MS;
    let slot = this.#slots.at(-1);
    if (slot?.startsAt !== startsAt) {
      slot = { startsAt, sketch: emptySketch() };
      this.#slots.push(slot);
    }
    slot.sketch.accept(Math.max(0, latencyMs), events);
  }

  figures(now: number): Freshness["event_to_frame_ms"] {
    this.#slots = this.#slots.filter(({ startsAt }) => startsAt > now - WINDOW_MS);
    const merged = emptySketch();
    for (const { sketch } of this.#slots) merged.merge(sketch);
    if (merged.count === 0) return null;
    const at = (quantile: number): number => Math.round(merged.getValueAtQuantile(quantile));
    return { p50: at(0.5), p99: at(0.99), count: merged.count };
  }
}
