import { EVENT_KINDS, type EventBatch, type EventKind, NO_LABEL } from "../../src/domain/events/columns.ts";
import { hash64 } from "../../src/domain/events/hash.ts";
import { type ShardPart, splitByShard } from "../../src/domain/events/part.ts";
import { parseRouting } from "../../src/domain/events/routing.ts";

export interface TestEvent {
  readonly id: string;
  readonly visitor?: string;
  readonly kind?: EventKind;
  /** A SKU, or the reason of a rejected one. */
  readonly label?: string;
  /** UTC ms; by default when the batch was received. */
  readonly at?: number;
  /** What the client said, UTC ms; by default `at`. */
  readonly stamp?: number;
}

let batches = 0;

/** Events as ingest packs them. */
export function batchOf(events: readonly TestEvent[], options: { id?: string; receivedAt?: number } = {}): EventBatch {
  const receivedAt = options.receivedAt ?? Date.now();
  const labels = [...new Set(events.flatMap(({ label }) => label ?? []))];
  const labelIndex = new Map(labels.map((label, index) => [label, index]));
  const ids = events.map(({ id }) => hash64(id));
  const visitors = events.map(({ visitor = "somebody" }) => hash64(visitor));
  return {
    v: 1,
    type: "events.batch",
    id: options.id ?? `evt_test-${++batches}-${Math.random()}`,
    receivedAt,
    source: "test",
    labels,
    idHigh: Uint32Array.from(ids, ({ high }) => high),
    idLow: Uint32Array.from(ids, ({ low }) => low),
    visitorHigh: Uint32Array.from(visitors, ({ high }) => high),
    visitorLow: Uint32Array.from(visitors, ({ low }) => low),
    stamp: Float64Array.from(events, ({ stamp, at = receivedAt }) => stamp ?? at),
    at: Float64Array.from(events, ({ at = receivedAt }) => at),
    kind: Uint8Array.from(events, ({ kind = "view" }) => EVENT_KINDS.indexOf(kind)),
    label: Uint16Array.from(events, ({ label }) =>
      label === undefined ? NO_LABEL : (labelIndex.get(label) ?? NO_LABEL),
    ),
    quantity: new Uint16Array(events.length),
  };
}

/** What a single shard is handed for these batches. */
export function partOf(...each: readonly EventBatch[]): ShardPart {
  const [routed, ...more] = splitByShard(each, parseRouting("1"));
  if (!routed || more.length > 0) throw new Error("expected one part");
  return routed.part;
}
