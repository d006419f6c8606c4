import type { SpilledRequest, SpillState } from "../../src/domain/pipeline/spill.ts";

const bodyKey = (seq: number): string => `spilled:${seq}`;
const SHARD_KEY = "shard";

/** A type and not an interface: `sql.exec` wants an index signature. */
type Row = { seq: number; at: number; events: number; bytes: number; refusals: number };

export interface Entry extends Row {
  readonly request: SpilledRequest;
}

type Totals = { parts: number; events: number; bytes: number };
type Size = Pick<Totals, "events" | "bytes">;

/** The rows, and sums over them in memory, so that nobody counts a long table with every call. */
export class SpillTable {
  readonly #storage: DurableObjectStorage;
  #totals: Totals | undefined;
  #no = 0;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** The shard that this is the spill of; an alarm does not say. */
  get shard(): string {
    return this.#storage.kv.get<string>(SHARD_KEY) ?? "";
  }

  /** In the caller's transaction, after which the caller says `added`. Answers whether it was news. */
  add(shard: string, id: string, request: SpilledRequest, size: Size, now: number): boolean {
    const rows = this.#storage.sql
      .exec<{ seq: number }>(
        "INSERT INTO spilled (id, at, events, bytes) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING seq",
        id,
        now,
        size.events,
        size.bytes,
      )
      .toArray();
    const [row] = rows;
    if (!row) return false;
    if (this.shard !== shard) this.#storage.kv.put(SHARD_KEY, shard);
    this.#storage.kv.put(bodyKey(row.seq), request);
    return true;
  }

  /** The transaction has ended well: the sums follow, and never go ahead of the rows. */
  added(before: Totals, sizes: readonly Size[]): void {
    let { parts, events, bytes } = before;
    for (const size of sizes) {
      parts++;
      events += size.events;
      bytes += size.bytes;
    }
    this.#totals = { parts, events, bytes };
  }

  /** The oldest ones, at least one and no more than fit into `bytes`. */
  oldest(count: number, bytes: number): Entry[] {
    const rows = this.#storage.sql
      .exec<Row>("SELECT seq, at, events, bytes, refusals FROM spilled ORDER BY seq LIMIT ?", count)
      .toArray();
    let sum = 0;
    const together = rows.filter((row, n) => {
      sum += row.bytes;
      return n === 0 || sum <= bytes;
    });
    return together.map((row) => {
      const request = this.#storage.kv.get<SpilledRequest>(bodyKey(row.seq));
      if (!request) throw new Error(`spilled entry ${row.seq} has no body`);
      return { ...row, request };
    });
  }

  remove(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    let { parts, events, bytes } = this.#sums();
    this.#storage.transactionSync(() => {
      for (const entry of entries) {
        this.#storage.sql.exec("DELETE FROM spilled WHERE seq = ?", entry.seq);
        this.#storage.kv.delete(bodyKey(entry.seq));
        parts--;
        events -= entry.events;
        bytes -= entry.bytes;
      }
    });
    this.#totals = { parts, events, bytes };
  }

  refused({ seq }: Entry): void {
    this.#storage.sql.exec("UPDATE spilled SET refusals = refusals + 1 WHERE seq = ?", seq);
  }

  /** With the next number. Numbers are times at first, so they grow over restarts as well. */
  state(now: number): SpillState {
    this.#no = Math.max(this.#no + 1, now);
    const [oldest] = this.#storage.sql.exec<{ at: number }>("SELECT at FROM spilled ORDER BY seq LIMIT 1").toArray();
    return { shard: this.shard, no: this.#no, ...this.#sums(), oldestAt: oldest?.at ?? null };
  }

  #sums(): Totals {
    this.#totals ??= this.#storage.sql
      .exec<Totals>(
        "SELECT COUNT(*) AS parts, COALESCE(SUM(events), 0) AS events, COALESCE(SUM(bytes), 0) AS bytes FROM spilled",
      )
      .one();
    return this.#totals;
  }
}
