import { EVENT_KINDS, type EventBatch } from "../domain/events/columns.ts";

/** Data points of one invocation: the platform takes 250. */
const POINTS_MAX = 200;

/**
 * One point per source of a queue batch for Cloudflare's own dashboards; docs/operations.md has the schema and the SQL. Sampled and written
 * after the fact: never the truth, and a failure to write one is no failure.
 */
export function recordPoints(dataset: AnalyticsEngineDataset, batches: readonly EventBatch[], now: number): void {
  const sources = [...Map.groupBy(batches, ({ source }) => source)].slice(0, POINTS_MAX);
  for (const [source, together] of sources) {
    const kinds = new Uint32Array(EVENT_KINDS.length);
    let oldestAt = now;
    let events = 0;
    for (const { kind, receivedAt } of together) {
      for (const each of kind) kinds[each] = (kinds[each] ?? 0) + 1;
      events += kind.length;
      oldestAt = Math.min(oldestAt, receivedAt);
    }
    dataset.writeDataPoint({
      indexes: [source],
      blobs: ["consumed"],
      doubles: [events, together.length, Math.max(0, now - oldestAt), ...kinds],
    });
  }
}
