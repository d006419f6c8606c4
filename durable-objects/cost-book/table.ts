import type { Counts } from "../../src/domain/cost/counts.ts";
import { LIMITS } from "../../src/domain/limits.ts";

export interface Hour {
  /** Number of the hour since 1970. */
  readonly hour: number;
  readonly counts: Counts;
}

export class CostTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  save({ hour, counts }: Hour): void {
    this.#sql.exec(
      "INSERT INTO hours (hour, counts) VALUES (?, ?) ON CONFLICT (hour) DO UPDATE SET counts = excluded.counts",
      hour,
      JSON.stringify(counts),
    );
  }

  prune(hour: number): void {
    this.#sql.exec("DELETE FROM hours WHERE hour <= ?", hour - LIMITS.costHours);
  }

  newest(): number | undefined {
    return this.#sql.exec<{ hour: number }>("SELECT hour FROM hours ORDER BY hour DESC LIMIT 1").toArray()[0]?.hour;
  }

  hours(from: number): Hour[] {
    return this.#sql
      .exec<{ hour: number; counts: string }>("SELECT hour, counts FROM hours WHERE hour >= ? ORDER BY hour", from)
      .toArray()
      .map(({ hour, counts }) => ({ hour, counts: parseCounts(counts) }));
  }
}

// SAFETY: rows are only written by `save`.
const parseCounts = (text: string) => JSON.parse(text) as Counts;
