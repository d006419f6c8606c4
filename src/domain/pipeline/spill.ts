import { type EventBatch, NO_LABEL } from "../events/columns.ts";
import type { ShardFact } from "../events/facts.ts";
import { hash64 } from "../events/hash.ts";
import type { ShardPart } from "../events/part.ts";

/** What was to be applied to a shard and could not be. */
export interface SpilledRequest {
  readonly part?: ShardPart | undefined;
  readonly facts: readonly ShardFact[];
}

/** What a spill says of itself. `no` grows with each time it speaks, so an older word is recognised. */
export interface SpillState {
  readonly shard: string;
  readonly no: number;
  readonly parts: number;
  readonly events: number;
  readonly bytes: number;
  /** When the oldest was put by, UTC ms; null when there is nothing. */
  readonly oldestAt: number | null;
}

export const eventsOf = ({ part }: SpilledRequest): number => part?.kind.length ?? 0;

/** The same for the same content: work that is spilled twice, because the first answer was lost, is kept once. */
export function spillId({ part, facts }: SpilledRequest): string {
  const batches = part ? [...part.batchHigh].map((high, n) => `${high}-${part.batchLow[n]}-${part.end[n]}`) : [];
  const told = facts.map(({ role, fact }) => `${role}:${fact.id}`);
  const { high, low } = hash64(JSON.stringify([batches, told]));
  return `${high}-${low}-${batches.length}-${told.length}`;
}

/** One request per batch and per fact, for when together they are refused: one of them may be to blame for all. */
export function singles({ part, facts }: SpilledRequest): SpilledRequest[] {
  const alone = facts.map((fact) => ({ facts: [fact] }));
  if (!part) return alone;
  return [...Array.from(part.end, (_, n) => ({ part: batchOfPart(part, n), facts: [] })), ...alone];
}

function batchOfPart(part: ShardPart, n: number): ShardPart {
  const [from, to] = [part.end[n - 1] ?? 0, part.end[n] ?? 0];
  return {
    batchHigh: part.batchHigh.slice(n, n + 1),
    batchLow: part.batchLow.slice(n, n + 1),
    receivedAt: part.receivedAt.slice(n, n + 1),
    end: Uint32Array.of(to - from),
    labels: part.labels,
    idHigh: part.idHigh.slice(from, to),
    idLow: part.idLow.slice(from, to),
    visitorHigh: part.visitorHigh.slice(from, to),
    visitorLow: part.visitorLow.slice(from, to),
    stamp: part.stamp.slice(from, to),
    at: part.at.slice(from, to),
    kind: part.kind.slice(from, to),
    label: part.label.slice(from, to),
  };
}

/**
 * Of a part with one batch, as a message of the queue. Its id is a new one, since only the hash of the old one was kept; that its rows are counted once
 * rests on their own ids.
 */
export function messageOfPart(part: ShardPart): EventBatch {
  const { batchHigh, batchLow, receivedAt, end: _end, label, labels, ...columns } = part;
  const used = [...new Set(label)].filter((index) => index !== NO_LABEL);
  return {
    v: 1,
    type: "events.batch",
    id: `evt_spilled-${batchHigh[0] ?? 0}-${batchLow[0] ?? 0}`,
    receivedAt: receivedAt[0] ?? 0,
    source: "spill",
    ...columns,
    labels: used.map((index) => labels[index] ?? ""),
    label: label.map((index) => (index === NO_LABEL ? NO_LABEL : used.indexOf(index))),
    quantity: new Uint16Array(label.length),
  };
}
