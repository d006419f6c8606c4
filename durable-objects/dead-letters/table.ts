import { LIMITS } from "../../src/domain/limits.ts";

export interface DeadLetter {
  readonly messageId: string;
  /** The message's body as JSON text. */
  readonly body: string;
  /** Deliveries of the letter. How often the message itself was tried the platform does not say: as often as its queue's config allows. */
  readonly attempts: number;
  /** The platform's time of the message, UTC ms. */
  readonly at: number;
}

export type LetterStatus = "dead" | "replayed" | "discarded";

/** A letter without its body, which may be long. */
export interface LetterHead {
  readonly seq: number;
  readonly messageId: string;
  readonly cause: string;
  readonly status: LetterStatus;
  readonly attempts: number;
  readonly at: number;
  /** Who dealt with it, when (UTC ms) and why; absent while it is dead. */
  readonly settled?: { readonly at: number; readonly by: string; readonly why: string };
}
export type StoredLetter = LetterHead & { readonly body: string };

export interface CauseCount {
  readonly cause: string;
  readonly count: number;
  /** The times of the oldest and the newest of them, UTC ms. */
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface LetterPage {
  readonly limit: number;
  /** The `seq` of the last one already seen. */
  readonly before?: number | undefined;
  readonly status?: LetterStatus | undefined;
  readonly cause?: string | undefined;
}

type HeadRow = {
  seq: number;
  message_id: string;
  cause: string;
  status: LetterStatus;
  attempts: number;
  at: number;
  settled_at: number | null;
  settled_by: string | null;
  settled_why: string | null;
};

const HEAD = "seq, message_id, cause, status, attempts, at, settled_at, settled_by, settled_why";
const CAUSES_SHOWN = 100;
/** Letters that were dealt with and are still shown. Dead ones have no such limit: nothing is dropped that nobody has looked at. */
const HISTORY_KEPT = 1_000;

/** Rows of one DeadLetters object. */
export class LetterTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add({ messageId, body, attempts, at }: DeadLetter, cause: string): void {
    this.#sql.exec(
      "INSERT OR IGNORE INTO letters (message_id, body, attempts, at, cause) VALUES (?, ?, ?, ?, ?)",
      messageId,
      body,
      attempts,
      at,
      cause,
    );
  }

  find(seq: number): StoredLetter | undefined {
    const [row] = this.#sql
      .exec<HeadRow & { body: string }>(`SELECT ${HEAD}, body FROM letters WHERE seq = ?`, seq)
      .toArray();
    return row && { ...headOf(row), body: row.body };
  }

  list({ limit, before, status, cause }: LetterPage): LetterHead[] {
    return this.#sql
      .exec<HeadRow>(
        `SELECT ${HEAD} FROM letters
         WHERE seq < ?1 AND status = ?2 AND (?3 IS NULL OR cause = ?3) ORDER BY seq DESC LIMIT ?4`,
        before ?? Number.MAX_SAFE_INTEGER,
        status ?? "dead",
        cause ?? null,
        Math.min(limit, LIMITS.pageMax),
      )
      .toArray()
      .map(headOf);
  }

  /** Dead letters of one cause with a larger `seq`, oldest first. */
  ofCause(cause: string, after: number, limit: number): { seq: number; body: string }[] {
    return this.#sql
      .exec<{ seq: number; body: string }>(
        "SELECT seq, body FROM letters WHERE status = 'dead' AND cause = ? AND seq > ? ORDER BY seq LIMIT ?",
        cause,
        after,
        limit,
      )
      .toArray();
  }

  count(): number {
    return this.#sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM letters WHERE status = 'dead'").one().n;
  }

  /** Causes of what is dead, the most frequent first. */
  causes(): CauseCount[] {
    return this.#sql
      .exec<{ cause: string; count: number; firstAt: number; lastAt: number }>(
        `SELECT cause, COUNT(*) AS count, MIN(at) AS firstAt, MAX(at) AS lastAt FROM letters
         WHERE status = 'dead' GROUP BY cause ORDER BY count DESC, cause LIMIT ?`,
        CAUSES_SHOWN,
      )
      .toArray();
  }

  settle(
    seq: number,
    status: Exclude<LetterStatus, "dead">,
    { at, by, why }: NonNullable<LetterHead["settled"]>,
  ): void {
    this.#sql.exec(
      "UPDATE letters SET status = ?, settled_at = ?, settled_by = ?, settled_why = ? WHERE seq = ? AND status = 'dead'",
      status,
      at,
      by,
      why,
      seq,
    );
  }

  prune(): void {
    this.#sql.exec(
      `DELETE FROM letters WHERE seq IN (
         SELECT seq FROM letters WHERE settled_at IS NOT NULL ORDER BY settled_at DESC, seq DESC LIMIT -1 OFFSET ?)`,
      HISTORY_KEPT,
    );
  }
}

function headOf(row: HeadRow): LetterHead {
  const { seq, message_id: messageId, cause, status, attempts, at, settled_at: settledAt } = row;
  const head = { seq, messageId, cause, status, attempts, at };
  if (settledAt === null) return head;
  return { ...head, settled: { at: settledAt, by: row.settled_by ?? "", why: row.settled_why ?? "" } };
}
