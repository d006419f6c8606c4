import { type EventBatch, NO_LABEL } from "./columns.ts";
import { bytesOfRows, ENVELOPE_BYTES, MESSAGE_BYTES_MAX } from "./pack.ts";

/**
 * Joins batches of one source into as few as there can be below `maxBytes`; their rows stay in order. A joined batch has the id of its first,
 * which no other has, and the earliest time of receipt, so that what is measured from it is never better than the truth.
 */
export function mergeBatches(batches: readonly EventBatch[], maxBytes: number = MESSAGE_BYTES_MAX): EventBatch[] {
  if (batches.length <= 1) return [...batches];
  const merged: EventBatch[] = [];
  for (const ofSource of Map.groupBy(batches, ({ source }) => source).values()) {
    let open: EventBatch[] = [];
    let bytes = ENVELOPE_BYTES;
    for (const batch of ofSource) {
      const more = bytesOfRows(batch);
      if (open.length > 0 && bytes + more > maxBytes) {
        merged.push(joined(open));
        open = [];
        bytes = ENVELOPE_BYTES;
      }
      open.push(batch);
      bytes += more;
    }
    merged.push(joined(open));
  }
  return merged;
}

function joined(batches: readonly EventBatch[]): EventBatch {
  const [first] = batches;
  if (first === undefined) throw new Error("nothing to join");
  if (batches.length === 1) return first;
  const receivedAt = Math.min(...batches.map((batch) => batch.receivedAt));
  const labels = new Map<string, number>();
  const rows = batches.reduce((sum, { kind }) => sum + kind.length, 0);
  const all = {
    idHigh: filled(new Uint32Array(rows), batches, ({ idHigh }) => idHigh),
    idLow: filled(new Uint32Array(rows), batches, ({ idLow }) => idLow),
    visitorHigh: filled(new Uint32Array(rows), batches, ({ visitorHigh }) => visitorHigh),
    visitorLow: filled(new Uint32Array(rows), batches, ({ visitorLow }) => visitorLow),
    stamp: filled(new Float64Array(rows), batches, ({ stamp }) => stamp),
    at: filled(new Float64Array(rows), batches, ({ at }) => at.map((time) => Math.min(time, receivedAt))),
    kind: filled(new Uint8Array(rows), batches, ({ kind }) => kind),
    label: filled(new Uint16Array(rows), batches, (batch) => relabelled(batch, labels)),
    quantity: filled(new Uint16Array(rows), batches, ({ quantity }) => quantity),
  };
  return { ...first, receivedAt, labels: [...labels.keys()], ...all };
}

function relabelled({ label, labels }: EventBatch, all: Map<string, number>): Uint16Array {
  return label.map((old) => {
    const text = labels[old];
    if (text === undefined) return NO_LABEL;
    const index = all.get(text) ?? all.size;
    all.set(text, index);
    return index;
  });
}

/** The columns one after another, in `all`. */
function filled<A extends { set(values: A, at: number): void; readonly length: number }>(
  all: A,
  batches: readonly EventBatch[],
  columnOf: (batch: EventBatch) => A,
): A {
  let at = 0;
  for (const batch of batches) {
    const column = columnOf(batch);
    all.set(column, at);
    at += column.length;
  }
  return all;
}
