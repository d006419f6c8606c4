import type { PipelineDecision, StoredDecision } from "../../src/domain/pipeline/decision.ts";

/** The log of decisions, in the transaction of what was decided. */
export class DecisionTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  append(decision: PipelineDecision): void {
    this.#sql.exec("INSERT INTO decisions (at, entry) VALUES (?, ?)", decision.at, JSON.stringify(decision));
  }

  /** Newest first, of those before `before`. */
  list(limit: number, before: number = Number.MAX_SAFE_INTEGER): StoredDecision[] {
    return this.#sql
      .exec<{ seq: number; entry: string }>(
        "SELECT seq, entry FROM decisions WHERE seq < ? ORDER BY seq DESC LIMIT ?",
        before,
        limit,
      )
      .toArray()
      .map(({ seq, entry }) => ({ ...parse(entry), seq }));
  }
}

// SAFETY: rows are only written by `append`.
const parse = (entry: string) => JSON.parse(entry) as PipelineDecision;
