import { LIMITS } from "../limits.ts";
import { bytesOfDelta, DeltaTable, type Segment } from "./deltas.ts";
import { sliceIndex } from "./routing.ts";

/** Segments on their way to one slice, as they are stored. */
export interface OutgoingState {
  readonly slice: number;
  /** The last commit that told the slice something. */
  readonly to: number;
  readonly segments: readonly Segment[];
}

/**
 * What a shard still has to tell one slice of products. Counts of the newest commits gather in an open table; a push, or a checkpoint, closes it into a
 * segment, and a segment is kept as it is until the slice confirms it. Its bounds never move, because the slice may have taken it although its
 * answer was lost.
 */
export class Outgoing {
  readonly slice: number;
  #open: DeltaTable | undefined;
  /** The last commit that touched this slice, and the last one that is in a segment. */
  #touched = 0;
  #closed = 0;
  #segments: Segment[] = [];
  /** When the oldest count of the open table was folded, UTC ms. */
  #openedAt = 0;

  constructor(slice: number) {
    this.slice = slice;
  }

  /** The table to count in, for a commit with this number. */
  table(commit: number, now: number): DeltaTable {
    // Never within a commit: the number of a commit stands for all of it.
    if (this.#open?.isFull && this.#touched < commit) this.close();
    if (!this.#open) {
      this.#open = new DeltaTable();
      this.#openedAt = now;
    }
    this.#touched = commit;
    return this.#open;
  }

  close(): void {
    if (!this.#open) return;
    if (!this.#open.isEmpty) {
      const delta = this.#open.build();
      this.#segments.push({ after: this.#closed, to: this.#touched, foldedAt: this.#openedAt, delta });
      this.#closed = this.#touched;
    }
    this.#open = undefined;
  }

  /** The oldest segments, as many as one call may carry, and at least one. */
  next(maxBytes: number = LIMITS.bytesPerPush): readonly Segment[] {
    let bytes = 0;
    const beyond = this.#segments.findIndex(({ delta }, index) => {
      bytes += bytesOfDelta(delta);
      return index > 0 && bytes > maxBytes;
    });
    return beyond < 0 ? [...this.#segments] : this.#segments.slice(0, beyond);
  }

  /** The one that the slice has to take before all others. */
  get first(): Segment | undefined {
    return this.#segments[0];
  }

  /** Drops what the slice has taken: everything up to its watermark. */
  confirm(watermark: number): void {
    this.#segments = this.#segments.filter(({ to }) => to > watermark);
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0 && (this.#open === undefined || this.#open.isEmpty);
  }

  /** When the oldest count in here was folded, UTC ms. */
  get since(): number | null {
    return this.#segments[0]?.foldedAt ?? (this.isEmpty ? null : this.#openedAt);
  }

  get size(): number {
    return this.#segments.length + (this.#open && !this.#open.isEmpty ? 1 : 0);
  }

  save(): OutgoingState {
    this.close();
    return { slice: this.slice, to: this.#closed, segments: this.#segments };
  }

  restore({ to, segments }: OutgoingState): void {
    this.#closed = to;
    this.#touched = to;
    this.#segments = [...segments];
  }
}

/** All slices that a shard tells. The number of slices is that of the commit: one that is folded again tells whom it told before. */
export class OutgoingSlices {
  readonly #slices = new Map<number, Outgoing>();

  of(slice: number): Outgoing {
    let outgoing = this.#slices.get(slice);
    if (!outgoing) {
      outgoing = new Outgoing(slice);
      this.#slices.set(slice, outgoing);
    }
    return outgoing;
  }

  forSku(sku: string, slices: number): Outgoing {
    return this.of(sliceIndex(sku, slices));
  }

  all(): Outgoing[] {
    return [...this.#slices.values()];
  }

  /** When the oldest count was folded that is still here, UTC ms. */
  get since(): number | null {
    const times = this.all().flatMap(({ since }) => since ?? []);
    return times.length === 0 ? null : Math.min(...times);
  }

  close(): void {
    for (const outgoing of this.#slices.values()) outgoing.close();
  }
}
