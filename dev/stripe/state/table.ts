/** Rows in the order in which they were created; what a page of a list is cut from. */
export interface Sequence<Row> {
  readonly length: number;
  at(index: number): Row | undefined;
  /** -1 when there is no such row. */
  indexOf(id: string): number;
  /** The index of the first row created at or after `created_s`. */
  firstSince(created_s: number): number;
}

type Identified = { readonly id: string; readonly created: number };

/** What to do when a table is full. */
type Overflow = "refuse" | "drop_oldest";

/**
 * Rows by id, in the order of their creation. `created` never falls along that order (the store sees to it),
 * which makes a cursor and a time window a binary search instead of a second index.
 */
export class Table<Row extends Identified> implements Sequence<Row> {
  readonly #rows = new Map<string, Row>();
  #order: string[] = [];
  /** Ids before this index have been dropped; they are cut off in one go when they make up half of the array. */
  #start = 0;
  readonly #rows_max: number;
  readonly #overflow: Overflow;

  constructor({ rows_max, overflow = "refuse" }: { rows_max: number; overflow?: Overflow }) {
    this.#rows_max = rows_max;
    this.#overflow = overflow;
  }

  get length(): number {
    return this.#order.length - this.#start;
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  at(index: number): Row | undefined {
    const id = this.#order[this.#start + index];
    return id === undefined ? undefined : this.#rows.get(id);
  }

  indexOf(id: string): number {
    const row = this.#rows.get(id);
    if (row === undefined) return -1;
    // Many rows share a second, so walk from the first of that second.
    for (let index = this.firstSince(row.created); index < this.length; index += 1) {
      if (this.#order[this.#start + index] === id) return index;
    }
    return -1;
  }

  firstSince(created_s: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const row = this.at(middle);
      if (row !== undefined && row.created < created_s) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  put(row: Row): void {
    if (!this.#rows.has(row.id)) {
      if (this.length >= this.#rows_max) this.#makeRoom();
      this.#order.push(row.id);
    }
    this.#rows.set(row.id, row);
  }

  delete(id: string): void {
    const index = this.indexOf(id);
    if (index < 0) return;
    this.#order.splice(this.#start + index, 1);
    this.#rows.delete(id);
  }

  clear(): void {
    this.#rows.clear();
    this.#order = [];
    this.#start = 0;
  }

  *oldestFirst(): Generator<Row> {
    for (let index = 0; index < this.length; index += 1) {
      const row = this.at(index);
      if (row !== undefined) yield row;
    }
  }

  #makeRoom(): void {
    if (this.#overflow === "refuse") throw new TableFull(this.#rows_max);
    const oldest = this.#order[this.#start];
    if (oldest !== undefined) this.#rows.delete(oldest);
    this.#start += 1;
    if (this.#start * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#start);
      this.#start = 0;
    }
  }
}

/** A payment provider may not forget charges, so a full table refuses new ones rather than dropping old ones. */
export class TableFull extends Error {
  constructor(rows_max: number) {
    super(`The stand-in keeps at most ${rows_max} objects of one kind; POST /_control/reset empties it.`);
  }
}

/** A few rows that were looked up by id, already in the order of their creation. */
export function sequenceOf<Row extends Identified>(rows: readonly Row[]): Sequence<Row> {
  return {
    length: rows.length,
    at: (index) => rows[index],
    indexOf: (id) => rows.findIndex((row) => row.id === id),
    firstSince: (created_s) => {
      const index = rows.findIndex((row) => row.created >= created_s);
      return index < 0 ? rows.length : index;
    },
  };
}
