import { LIMITS } from "../limits.ts";
import { type EventBatch, NO_LABEL } from "./columns.ts";
import { hash64, type Hash64 } from "./hash.ts";
import { type Routing, shardIndex } from "./routing.ts";

/**
 * What one queue batch has for one shard: the rows of many `EventBatch`es in the same columns, and which batch each came from. At most
 * `LIMITS.eventsPerApply` rows, so that one commit stays a record that storage takes.
 */
export interface ShardPart {
  /** Per batch: the 64-bit hash of its id, when it was received (UTC ms), and the index after its last row. */
  readonly batchHigh: Uint32Array;
  readonly batchLow: Uint32Array;
  readonly receivedAt: Float64Array;
  readonly end: Uint32Array;
  /** Of all batches; `label` points in here. */
  readonly labels: readonly string[];
  readonly idHigh: Uint32Array;
  readonly idLow: Uint32Array;
  readonly visitorHigh: Uint32Array;
  readonly visitorLow: Uint32Array;
  readonly stamp: Float64Array;
  readonly at: Float64Array;
  readonly kind: Uint8Array;
  readonly label: Uint16Array;
}

/** About how many bytes a part takes. */
export function partBytes({ kind, end, labels }: ShardPart): number {
  return kind.length * 35 + end.length * 20 + 2 * charsIn(labels);
}

/** Labels that a part may have, in characters: a single batch may have more, but then it is alone. */
const LABEL_CHARS = 128 * 1_024;

const charsIn = (labels: readonly string[]): number => labels.reduce((sum, label) => sum + label.length, 0);

export interface RoutedPart {
  /** 0-based. */
  readonly shard: number;
  readonly part: ShardPart;
  /** Indices of the batches that have rows in it. */
  readonly batches: readonly number[];
}

/** Sorts the rows of batches by shard. A batch's rows for a shard stay in one part, because a part recognises batches that come again. */
export function splitByShard(batches: readonly EventBatch[], routing: Routing): RoutedPart[] {
  const shards = Math.max(...routing.map((epoch) => epoch.shards));
  const building: (PartBuilder | undefined)[] = Array.from({ length: shards });
  const parts: RoutedPart[] = [];
  const counts = new Uint32Array(shards);
  for (const [index, batch] of batches.entries()) {
    const rows = batch.kind.length;
    const shardOfRow = new Uint16Array(rows);
    counts.fill(0);
    for (let row = 0; row < rows; row++) {
      const shard = shardIndex(routing, batch.visitorLow[row] ?? 0, batch.stamp[row] ?? 0);
      shardOfRow[row] = shard;
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    const id = hash64(batch.id);
    for (let shard = 0; shard < shards; shard++) {
      const count = counts[shard] ?? 0;
      if (count === 0) continue;
      let builder = building[shard];
      if (builder && !builder.fits(count, batch.labels)) {
        parts.push(builder.build(shard));
        builder = undefined;
      }
      builder ??= building[shard] = new PartBuilder();
      builder.add(batch, index, id, shardOfRow, shard, count);
    }
  }
  building.forEach((builder, shard) => builder && parts.push(builder.build(shard)));
  return parts;
}

/** Columns that double when they are full, cut to length at the end. */
class PartBuilder {
  readonly #batches: number[] = [];
  readonly #batchHigh: number[] = [];
  readonly #batchLow: number[] = [];
  readonly #receivedAt: number[] = [];
  readonly #end: number[] = [];
  readonly #labels: string[] = [];
  readonly #labelIndex = new Map<string, number>();
  #labelChars = 0;
  #rows = 0;
  #idHigh = new Uint32Array(0);
  #idLow = new Uint32Array(0);
  #visitorHigh = new Uint32Array(0);
  #visitorLow = new Uint32Array(0);
  #stamp = new Float64Array(0);
  #at = new Float64Array(0);
  #kind = new Uint8Array(0);
  #label = new Uint16Array(0);

  fits(rows: number, labels: readonly string[]): boolean {
    const isShort = this.#labels.length + labels.length < NO_LABEL && this.#labelChars + charsIn(labels) <= LABEL_CHARS;
    return isShort && this.#rows + rows <= LIMITS.eventsPerApply;
  }

  add(batch: EventBatch, index: number, id: Hash64, shardOfRow: Uint16Array, shard: number, count: number): void {
    this.#reserve(this.#rows + count);
    const labelTo = new Int32Array(batch.labels.length).fill(-1);
    let to = this.#rows;
    for (let row = 0; row < shardOfRow.length; row++) {
      if (shardOfRow[row] !== shard) continue;
      this.#idHigh[to] = batch.idHigh[row] ?? 0;
      this.#idLow[to] = batch.idLow[row] ?? 0;
      this.#visitorHigh[to] = batch.visitorHigh[row] ?? 0;
      this.#visitorLow[to] = batch.visitorLow[row] ?? 0;
      this.#stamp[to] = batch.stamp[row] ?? 0;
      this.#at[to] = batch.at[row] ?? 0;
      this.#kind[to] = batch.kind[row] ?? 0;
      this.#label[to] = this.#labelOf(batch.labels, batch.label[row] ?? NO_LABEL, labelTo);
      to++;
    }
    this.#rows = to;
    this.#batches.push(index);
    this.#batchHigh.push(id.high);
    this.#batchLow.push(id.low);
    this.#receivedAt.push(batch.receivedAt);
    this.#end.push(to);
  }

  build(shard: number): RoutedPart {
    const rows = this.#rows;
    const part = {
      batchHigh: Uint32Array.from(this.#batchHigh),
      batchLow: Uint32Array.from(this.#batchLow),
      receivedAt: Float64Array.from(this.#receivedAt),
      end: Uint32Array.from(this.#end),
      labels: this.#labels,
      // Copies, not views: a view takes its whole buffer along when it is sent or stored.
      idHigh: this.#idHigh.slice(0, rows),
      idLow: this.#idLow.slice(0, rows),
      visitorHigh: this.#visitorHigh.slice(0, rows),
      visitorLow: this.#visitorLow.slice(0, rows),
      stamp: this.#stamp.slice(0, rows),
      at: this.#at.slice(0, rows),
      kind: this.#kind.slice(0, rows),
      label: this.#label.slice(0, rows),
    };
    return { shard, part, batches: this.#batches };
  }

  /** A label's place in this part; each label of a batch is looked up once, not once per row. */
  #labelOf(labels: readonly string[], label: number, labelTo: Int32Array): number {
    const text = labels[label];
    if (text === undefined) return NO_LABEL;
    const known = labelTo[label] ?? -1;
    if (known >= 0) return known;
    let index = this.#labelIndex.get(text);
    if (index === undefined) {
      index = this.#labels.push(text) - 1;
      this.#labelChars += text.length;
      this.#labelIndex.set(text, index);
    }
    labelTo[label] = index;
    return index;
  }

  #reserve(rows: number): void {
    if (rows <= this.#kind.length) return;
    const capacity = Math.max(rows, this.#kind.length * 2, 64);
    const wider = <T extends Uint32Array | Float64Array | Uint8Array | Uint16Array>(column: T, next: T): T => {
      next.set(column);
      return next;
    };
    this.#idHigh = wider(this.#idHigh, new Uint32Array(capacity));
    this.#idLow = wider(this.#idLow, new Uint32Array(capacity));
    this.#visitorHigh = wider(this.#visitorHigh, new Uint32Array(capacity));
    this.#visitorLow = wider(this.#visitorLow, new Uint32Array(capacity));
    this.#stamp = wider(this.#stamp, new Float64Array(capacity));
    this.#at = wider(this.#at, new Float64Array(capacity));
    this.#kind = wider(this.#kind, new Uint8Array(capacity));
    this.#label = wider(this.#label, new Uint16Array(capacity));
  }
}
