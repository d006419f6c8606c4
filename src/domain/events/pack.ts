import { EVENT_KINDS, type EventBatch, type EventKind, NO_LABEL } from "./columns.ts";

/** A message is billed per 64 KB, and the queue adds about 100 bytes of its own. */
export const MESSAGE_BYTES_MAX = 63_000;
/** Property names, ids and the headers of nine arrays; measured with the serializer of V8, and some room. */
export const ENVELOPE_BYTES = 1_000;
const BYTES_PER_ROW = 4 * 4 + 2 * 8 + 1 + 2 * 2;
/** Its tag, its length, and what aligns two-byte characters. */
const BYTES_PER_LABEL = 6;

/** What all messages of one request have in common. */
export type BatchHead = Pick<EventBatch, "id" | "requestId" | "receivedAt" | "source">;

type Columns = Pick<
  EventBatch,
  "idHigh" | "idLow" | "visitorHigh" | "visitorLow" | "stamp" | "at" | "kind" | "label" | "quantity"
>;

/** Rows on their way into the columns of `EventBatch`. The arrays are as long as the request has events, so nothing is copied. */
export class EventRows {
  readonly #columns: Columns;
  readonly #labels: string[] = [];
  readonly #labelIndex = new Map<string, number>();
  #labelBytes = 0;
  #length = 0;

  constructor(capacity: number) {
    this.#columns = columnsOf(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Appends a row. `label` "" is none. */
  add(
    id: { readonly high: number; readonly low: number },
    visitor: { readonly high: number; readonly low: number },
    row: { readonly stamp: number; readonly kind: number; readonly label: string; readonly quantity: number },
    at: number,
  ): void {
    const i = this.#length++;
    const columns = this.#columns;
    columns.idHigh[i] = id.high;
    columns.idLow[i] = id.low;
    columns.visitorHigh[i] = visitor.high;
    columns.visitorLow[i] = visitor.low;
    columns.stamp[i] = row.stamp;
    columns.at[i] = at;
    columns.kind[i] = row.kind;
    columns.label[i] = row.label === "" ? NO_LABEL : this.#indexOf(row.label);
    columns.quantity[i] = row.quantity;
  }

  /** The rows as messages, each below `maxBytes`. Mostly that is one, and then its arrays are ours. */
  batches(head: BatchHead, maxBytes: number = MESSAGE_BYTES_MAX): EventBatch[] {
    if (this.#length === 0) return [];
    const isWhole = this.#length === this.#columns.kind.length;
    const bytes = ENVELOPE_BYTES + this.#length * BYTES_PER_ROW + this.#labelBytes;
    if (isWhole && bytes <= maxBytes) return [batchOf(head, this.#labels, this.#columns)];
    const cuts = this.#cuts(maxBytes);
    return cuts.map((end, part) => this.#slice(head, part, part === 0 ? 0 : (cuts[part - 1] ?? 0), end));
  }

  #indexOf(label: string): number {
    const known = this.#labelIndex.get(label);
    if (known !== undefined) return known;
    const index = this.#labels.push(label) - 1;
    this.#labelIndex.set(label, index);
    this.#labelBytes += bytesOfLabel(label);
    return index;
  }

  /** Where each message ends: as many rows as fit, with every label that they need. */
  #cuts(maxBytes: number): number[] {
    const cuts: number[] = [];
    let seen = new Set<number>();
    let bytes = ENVELOPE_BYTES;
    for (let i = 0; i < this.#length; i++) {
      const label = this.#columns.label[i] ?? NO_LABEL;
      const cost = BYTES_PER_ROW + (seen.has(label) ? 0 : bytesOfLabel(this.#labels[label]));
      if (bytes + cost > maxBytes && bytes > ENVELOPE_BYTES) {
        cuts.push(i);
        seen = new Set();
        bytes = ENVELOPE_BYTES + BYTES_PER_ROW + bytesOfLabel(this.#labels[label]);
      } else bytes += cost;
      seen.add(label);
    }
    cuts.push(this.#length);
    return cuts;
  }

  /** `slice` and not `subarray`: a view would be sent with all of the buffer behind it. */
  #slice(head: BatchHead, part: number, from: number, to: number): EventBatch {
    const columns = this.#columns;
    const labels: string[] = [];
    const moved = new Map<number, number>();
    const label = columns.label.slice(from, to).map((old) => {
      const text = this.#labels[old];
      if (text === undefined) return NO_LABEL;
      const index = moved.get(old) ?? labels.push(text) - 1;
      moved.set(old, index);
      return index;
    });
    const id = part === 0 ? head.id : `${head.id}.${part}`;
    return batchOf({ ...head, id }, labels, {
      idHigh: columns.idHigh.slice(from, to),
      idLow: columns.idLow.slice(from, to),
      visitorHigh: columns.visitorHigh.slice(from, to),
      visitorLow: columns.visitorLow.slice(from, to),
      stamp: columns.stamp.slice(from, to),
      at: columns.at.slice(from, to),
      kind: columns.kind.slice(from, to),
      label,
      quantity: columns.quantity.slice(from, to),
    });
  }
}

/** One event of a batch as a value, for whoever looks at few of them. */
export interface EventRow {
  readonly id: { readonly high: number; readonly low: number };
  readonly visitor: { readonly high: number; readonly low: number };
  readonly stamp: number;
  readonly at: number;
  readonly kind: EventKind;
  readonly label: string | undefined;
  readonly quantity: number;
}

export function rowsOf(batch: EventBatch): EventRow[] {
  return Array.from(batch.kind, (kind, i) => ({
    id: { high: batch.idHigh[i] ?? 0, low: batch.idLow[i] ?? 0 },
    visitor: { high: batch.visitorHigh[i] ?? 0, low: batch.visitorLow[i] ?? 0 },
    stamp: batch.stamp[i] ?? 0,
    at: batch.at[i] ?? 0,
    kind: EVENT_KINDS[kind] ?? "other",
    label: batch.labels[batch.label[i] ?? NO_LABEL],
    quantity: batch.quantity[i] ?? 0,
  }));
}

function columnsOf(rows: number): Columns {
  return {
    idHigh: new Uint32Array(rows),
    idLow: new Uint32Array(rows),
    visitorHigh: new Uint32Array(rows),
    visitorLow: new Uint32Array(rows),
    stamp: new Float64Array(rows),
    at: new Float64Array(rows),
    kind: new Uint8Array(rows),
    label: new Uint16Array(rows),
    quantity: new Uint16Array(rows),
  };
}

const batchOf = (head: BatchHead, labels: readonly string[], columns: Columns): EventBatch => ({
  v: 1,
  type: "events.batch",
  id: head.id,
  requestId: head.requestId,
  receivedAt: head.receivedAt,
  source: head.source,
  labels,
  ...columns,
});

/** What the rows of a batch take in a message, at most; `ENVELOPE_BYTES` come on top once. */
export function bytesOfRows({ kind, labels }: EventBatch): number {
  return labels.reduce((bytes, label) => bytes + bytesOfLabel(label), kind.length * BYTES_PER_ROW);
}

/** V8 writes a string of Latin-1 with one byte per character, any other with two. */
function bytesOfLabel(label: string | undefined): number {
  if (label === undefined) return 0;
  for (let i = 0; i < label.length; i++) if (label.charCodeAt(i) > 0xff) return BYTES_PER_LABEL + 2 * label.length;
  return BYTES_PER_LABEL + label.length;
}
