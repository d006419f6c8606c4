import { log } from "../src/platform/log.ts";

/** Log records between two checkpoints; each has a place of its own that is written over after the next one. */
const SLOTS = 2_048;
/** What a start has to fold again at most, roughly. */
const LOG_BYTES_MAX = 24 * 1024 * 1024;
const HEAD_KEY = "packed:head";
const stateKey = (piece: string): string => `packed:state:${piece}`;
const slotKey = (seq: number): string => `packed:log:${seq % SLOTS}`;

interface Head {
  /** Names this storage: numbers of commits are comparable within it. */
  readonly origin: string;
  /** The name that the object is called by; an alarm does not say. */
  readonly name: string;
  /** The last commit that is part of the state. */
  readonly seq: number;
  readonly pieces: readonly string[];
  readonly at: number;
  readonly rowsWritten: number;
}

interface LogRecord<Entry> {
  readonly seq: number;
  readonly entry: Entry;
}

/** Stands for a piece that is stored as it is. */
export const UNCHANGED = Symbol("unchanged");

/**
 * State that lives in memory and is nevertheless durable: every commit writes one packed record, now and then the whole state is written and the records
 * before it are spent. Recovery is the last checkpoint and the records after it. Rows written are what Cloudflare bills, deletes included, so
 * records are never deleted but written over, and everything that is written is counted.
 *
 * The memory must never be ahead of the disk: records are appended in the transaction in which the caller changes its memory, and a
 * caller that fails half-way has to abort its object.
 */
export class PackedLog<Entry> {
  readonly #storage: DurableObjectStorage;
  #head: Head | undefined;
  #seq = 0;
  #bytes = 0;
  #rowsWritten = 0;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  get seq(): number {
    return this.#seq;
  }

  get origin(): string {
    return this.#head?.origin ?? "";
  }

  get name(): string {
    return this.#head?.name ?? "";
  }

  /** Since this storage was begun: rows of key-value and SQL tables, and alarms. */
  get rowsWritten(): number {
    return (this.#head?.rowsWritten ?? 0) + this.#rowsWritten;
  }

  /** Commits that a start would have to fold again. */
  get length(): number {
    return this.#seq - (this.#head?.seq ?? 0);
  }

  /** When the last checkpoint was made, UTC ms. */
  get checkpointAt(): number {
    return this.#head?.at ?? 0;
  }

  get isFull(): boolean {
    return this.length >= SLOTS - 1 || this.#bytes >= LOG_BYTES_MAX;
  }

  /** Rows that were written beside the log, by SQL cursors or alarms. */
  countRows(rows: number): void {
    this.#rowsWritten += rows;
  }

  /** Begins the storage of an object that was never used, in the caller's transaction. */
  begin(name: string, now: number): void {
    if (this.#head) return;
    this.#head = { origin: crypto.randomUUID(), name, seq: 0, pieces: [], at: now, rowsWritten: 0 };
    this.#storage.kv.put(HEAD_KEY, this.#head);
    this.countRows(1);
  }

  /** Brings the memory to where it was: hands out the last state, when there is one, then every record after it, in order. */
  recover(
    restore: (state: ReadonlyMap<string, unknown>, head: { seq: number; at: number }) => void,
    replay: (entry: Entry, seq: number) => void,
  ): void {
    const head = this.#storage.kv.get<Head>(HEAD_KEY);
    if (!head) return;
    this.#head = head;
    this.#seq = head.seq;
    if (head.pieces.length > 0) {
      const pieces = head.pieces.map((piece) => [piece, this.#storage.kv.get(stateKey(piece))] as const);
      const lost = pieces.filter(([, value]) => value === undefined).map(([piece]) => piece);
      if (lost.length > 0) throw new Error(`the checkpoint lacks ${lost.join(", ")}`);
      restore(new Map(pieces), head);
    }
    for (;;) {
      const seq = this.#seq + 1;
      const record = this.#storage.kv.get<LogRecord<Entry>>(slotKey(seq));
      // What is in the slot otherwise is of the round before.
      if (record?.seq !== seq) break;
      replay(record.entry, seq);
      this.#seq = seq;
      this.countRows(1);
    }
    log("info", "log_recovered", { name: head.name, checkpoint: head.seq, replayed: this.length });
  }

  /** Writes one record, in the caller's transaction, and returns its number. `bytes` is roughly what it takes. */
  append(entry: Entry, bytes: number): number {
    if (this.length >= SLOTS)
      throw new Error("the log is full: a record would be written over before it is in a checkpoint");
    const seq = this.#seq + 1;
    this.#storage.kv.put(slotKey(seq), { seq, entry } satisfies LogRecord<Entry>);
    this.#seq = seq;
    this.#bytes += bytes;
    this.countRows(1);
    return seq;
  }

  /**
   * Writes the state as of the last record, in a transaction of its own with whatever `also` writes. It comes in pieces that storage takes: each
   * below 2 MB when cloned. Pieces of the checkpoint before that are not named again go.
   */
  checkpoint(pieces: ReadonlyMap<string, unknown>, now: number, also: () => void = () => {}): void {
    const before = this.#head;
    if (!before) return;
    this.#storage.transactionSync(() => {
      also();
      const written = [...pieces].filter(([, value]) => value !== UNCHANGED);
      for (const [piece, value] of written) this.#storage.kv.put(stateKey(piece), value);
      const gone = before.pieces.filter((piece) => !pieces.has(piece));
      for (const piece of gone) this.#storage.kv.delete(stateKey(piece));
      this.countRows(written.length + gone.length + 1);
      const head = { ...before, seq: this.#seq, pieces: [...pieces.keys()], at: now, rowsWritten: this.rowsWritten };
      this.#storage.kv.put(HEAD_KEY, head);
      this.#head = head;
    });
    this.#rowsWritten = 0;
    this.#bytes = 0;
  }
}
