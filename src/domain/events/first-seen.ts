import { IdGathering } from "./id-columns.ts";
import type { IdMemory } from "./id-memory.ts";
import type { ShardPart } from "./part.ts";

/**
 * Which batches and which of their rows a commit is the first to bring. All are looked up before any is counted: row after row, clients could with
 * alternating stamps have the same ids read again and again. Told in the order of the parts.
 */
export class FirstSeen {
  readonly #isNewBatch: Uint8Array;
  readonly #isNewRow: Uint8Array;
  #batch = 0;
  #row = 0;

  constructor(ids: IdMemory, all: readonly (ShardPart | undefined)[]) {
    const parts = all.filter((part) => part !== undefined);
    const batches = new IdGathering(parts.reduce((sum, { end }) => sum + end.length, 0));
    for (const { receivedAt, batchHigh, batchLow, end } of parts) {
      batches.add(receivedAt, batchHigh, batchLow, 0, end.length);
    }
    this.#isNewBatch = ids.addAll(batches.columns);
    const rows = new IdGathering(parts.reduce((sum, { kind }) => sum + kind.length, 0));
    let batch = 0;
    for (const { stamp, idHigh, idLow, end: ends } of parts) {
      let from = 0;
      for (const end of ends) {
        if (this.#isNewBatch[batch++] === 1) rows.add(stamp, idHigh, idLow, from, end);
        from = end;
      }
    }
    this.#isNewRow = ids.addAll(rows.columns);
  }

  /** Whether the next batch is new. */
  nextBatch(): boolean {
    return this.#isNewBatch[this.#batch++] === 1;
  }

  /** Whether the next row of a new batch is new. */
  nextRow(): boolean {
    return this.#isNewRow[this.#row++] === 1;
  }
}
