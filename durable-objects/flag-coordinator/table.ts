import type { Flag } from "../../src/domain/guard/flag.ts";
import type { ErrorSample } from "../../src/domain/guard/report.ts";
import type { SeriesPoint } from "../../src/domain/guard/view.ts";
import { exists } from "../migrate.ts";

export const SERIES_BUCKET_MS = 10_000;
/** A day of buckets: what an engineer looks at on the morning after. */
const SERIES_KEPT_MS = 24 * 3_600_000;
/** Names of failed operations that are remembered, so that a retry is not counted as another trial. */
const FAILURES_KEPT = 2_000;

/** Rows of one FlagCoordinator. */
export class FlagTable {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  load(): Flag | undefined {
    if (!exists(this.#storage)) return undefined;
    const [row] = this.#sql.exec<{ doc: string }>("SELECT doc FROM flag").toArray();
    // SAFETY: rows are only written by `save`, which takes a Flag.
    return row && (JSON.parse(row.doc) as Flag);
  }

  save(flag: Flag): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO flag (key, state, epoch, doc) VALUES (?, ?, ?, ?)",
      flag.key,
      flag.state,
      flag.epoch,
      JSON.stringify(flag),
    );
  }

  /** Those of an epoch that were not counted before, each once. */
  unseen(epoch: number, samples: readonly ErrorSample[]): ErrorSample[] {
    const byKey = new Map(samples.map((sample) => [sample.key, sample]));
    const known = this.#sql
      .exec<{ key: string }>(
        "SELECT key FROM failures WHERE epoch = ? AND key IN (SELECT value FROM json_each(?))",
        epoch,
        JSON.stringify([...byKey.keys()]),
      )
      .toArray();
    for (const { key } of known) byKey.delete(key);
    return [...byKey.values()];
  }

  remember(epoch: number, samples: readonly ErrorSample[]): void {
    for (const sample of samples) {
      const doc = JSON.stringify(sample);
      this.#sql.exec(
        "INSERT OR IGNORE INTO failures (epoch, key, at, doc) VALUES (?, ?, ?, ?)",
        epoch,
        sample.key,
        sample.at,
        doc,
      );
    }
    this.#sql.exec("DELETE FROM failures WHERE seq <= (SELECT MAX(seq) FROM failures) - ?", FAILURES_KEPT);
  }

  /** Newest first. */
  samples(limit: number): ErrorSample[] {
    return this.#sql
      .exec<{ doc: string }>("SELECT doc FROM failures ORDER BY seq DESC LIMIT ?", limit)
      .toArray()
      .map(({ doc }) => {
        // SAFETY: rows are only written by `remember`.
        return JSON.parse(doc) as ErrorSample;
      });
  }

  addToSeries({ at, ok, err, safe, s, share }: SeriesPoint): void {
    this.#sql.exec(
      `INSERT INTO series (at, ok, err, safe, s, share) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (at) DO UPDATE SET ok = ok + excluded.ok, err = err + excluded.err, safe = safe + excluded.safe,
         s = MAX(s, excluded.s), share = excluded.share`,
      at,
      ok,
      err,
      safe,
      s,
      share,
    );
    this.#sql.exec("DELETE FROM series WHERE at < ?", at - SERIES_KEPT_MS);
  }

  /** Oldest first. */
  series(from: number): SeriesPoint[] {
    return this.#sql
      .exec<{ at: number; ok: number; err: number; safe: number; s: number; share: number }>(
        "SELECT at, ok, err, safe, s, share FROM series WHERE at >= ? ORDER BY at",
        from,
      )
      .toArray();
  }
}
