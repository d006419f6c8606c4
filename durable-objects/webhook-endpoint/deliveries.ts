import { DURATION_MS, LIMITS } from "../../src/domain/limits.ts";
import type { PostResult } from "./post.ts";

export type DeliveryState = "pending" | "delivered" | "failed";
/** Why a delivery ended without being delivered. */
export type FailureReason = "exhausted" | "gone" | "endpoint_disabled" | "backlog_full" | "test_failed";

/** An event on its way to this endpoint. `body` is the JSON text that every attempt sends, unchanged. Times in UTC ms. */
export type Delivery = {
  seq: number;
  eventId: string;
  type: string;
  body: string;
  state: DeliveryState;
  reason: FailureReason | null;
  tries: number;
  attempts: number;
  nextAt: number;
  createdAt: number;
  endedAt: number | null;
};

export type Attempt = {
  delivery: number;
  number: number;
  at: number;
  durationMs: number;
  status: number | null;
  error: string | null;
  response: string | null;
};

const COLUMNS = `seq, event_id AS eventId, type, body, state, reason, tries, attempts, next_at AS nextAt,
  created_at AS createdAt, ended_at AS endedAt`;

/** The delivery log of one endpoint, which is its schedule as well. */
export class DeliveryTable {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
  }

  /** Adds the event unless it is known: the same one may come again for as long as the log remembers it. Answers whether it is new. */
  add(event: { id: string; type: string; body: string }, nextAt: number, now: number): boolean {
    const added = this.#sql.exec(
      `INSERT INTO deliveries (event_id, type, body, state, next_at, created_at) VALUES (?, ?, ?, 'pending', ?, ?)
       ON CONFLICT (event_id) DO NOTHING RETURNING seq`,
      event.id,
      event.type,
      event.body,
      nextAt,
      now,
    );
    return added.toArray().length > 0;
  }

  find(seq: number): Delivery | undefined {
    return this.#select("WHERE seq = ?", seq)[0];
  }

  findEvent(eventId: string): Delivery | undefined {
    return this.#select("WHERE event_id = ?", eventId)[0];
  }

  /** The pending delivery that has waited longest past its time. */
  due(now: number): Delivery | undefined {
    return this.#select("WHERE state = 'pending' AND next_at <= ? ORDER BY next_at LIMIT 1", now)[0];
  }

  nextAt(): number | undefined {
    const row = this.#sql
      .exec<{ at: number | null }>("SELECT MIN(next_at) AS at FROM deliveries WHERE state = 'pending'")
      .one();
    return row.at ?? undefined;
  }

  /** Counts up to the limit and no further: a full backlog must not cost more to look at than a short one. */
  isFull(): boolean {
    const rows = "SELECT 1 FROM deliveries WHERE state = 'pending' LIMIT ?";
    const counted = this.#sql.exec<{ n: number }>(`SELECT COUNT(*) AS n FROM (${rows})`, LIMITS.webhookBacklog).one();
    return counted.n >= LIMITS.webhookBacklog;
  }

  /** An attempt begins. It is counted now, so that one that never comes back was one too. */
  begin(seq: number, now: number): void {
    const lostAt = now + DURATION_MS.webhookLease;
    this.#sql.exec(
      "UPDATE deliveries SET tries = tries + 1, attempts = attempts + 1, next_at = ? WHERE seq = ?",
      lostAt,
      seq,
    );
  }

  record(seq: number, number: number, at: number, { durationMs, status, error, response }: PostResult): void {
    this.#sql.exec(
      `INSERT OR IGNORE INTO attempts (delivery, number, at, duration_ms, status, error, response)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      seq,
      number,
      at,
      durationMs,
      status ?? null,
      error ?? null,
      response ?? null,
    );
  }

  postpone(seq: number, nextAt: number): void {
    this.#sql.exec("UPDATE deliveries SET next_at = ? WHERE seq = ?", nextAt, seq);
  }

  end(seq: number, state: Exclude<DeliveryState, "pending">, reason: FailureReason | null, now: number): void {
    this.#sql.exec("UPDATE deliveries SET state = ?, reason = ?, ended_at = ? WHERE seq = ?", state, reason, now, seq);
  }

  /** A new round by hand: the schedule begins again, the attempts go on counting. */
  reopen(seq: number, now: number): void {
    this.#sql.exec(
      "UPDATE deliveries SET state = 'pending', reason = NULL, tries = 0, next_at = ?, ended_at = NULL WHERE seq = ?",
      now,
      seq,
    );
  }

  /** Whatever waits ends with the endpoint. */
  endAll(reason: FailureReason, now: number): void {
    this.#sql.exec(
      "UPDATE deliveries SET state = 'failed', reason = ?, ended_at = ? WHERE state = 'pending'",
      reason,
      now,
    );
  }

  /** Newest first; `before` is the `seq` of the last one already seen. */
  list(filter: { limit: number; before?: number | undefined; state?: DeliveryState | undefined }): Delivery[] {
    return this.#select(
      "WHERE seq < ?1 AND (?2 IS NULL OR state = ?2) ORDER BY seq DESC LIMIT ?3",
      filter.before ?? Number.MAX_SAFE_INTEGER,
      filter.state ?? null,
      filter.limit,
    );
  }

  attemptsOf(seqs: readonly number[]): Attempt[] {
    return this.#sql
      .exec<Attempt>(
        `SELECT delivery, number, at, duration_ms AS durationMs, status, error, response FROM attempts
         WHERE delivery IN (SELECT value FROM json_each(?)) ORDER BY delivery, number`,
        JSON.stringify(seqs),
      )
      .toArray();
  }

  /** Forgets what ended long ago, or so many deliveries ago. Looks at the `atMost` oldest only, whatever the length of the log. */
  prune(now: number, atMost: number): void {
    const [newest] = this.#sql.exec<{ seq: number }>("SELECT seq FROM deliveries ORDER BY seq DESC LIMIT 1").toArray();
    const lastForgotten = (newest?.seq ?? 0) - LIMITS.webhookLog;
    const oldest = this.#sql
      .exec<{ seq: number; endedAt: number }>(
        "SELECT seq, ended_at AS endedAt FROM deliveries WHERE state <> 'pending' ORDER BY ended_at LIMIT ?",
        atMost,
      )
      .toArray();
    const old = oldest.filter(({ seq, endedAt }) => endedAt < now - DURATION_MS.webhookLog || seq <= lastForgotten);
    if (old.length === 0) return;
    const seqs = JSON.stringify(old.map(({ seq }) => seq));
    this.#sql.exec("DELETE FROM attempts WHERE delivery IN (SELECT value FROM json_each(?))", seqs);
    this.#sql.exec("DELETE FROM deliveries WHERE seq IN (SELECT value FROM json_each(?))", seqs);
  }

  #select(rest: string, ...values: (string | number | null)[]): Delivery[] {
    return this.#sql.exec<Delivery>(`SELECT ${COLUMNS} FROM deliveries ${rest}`, ...values).toArray();
  }
}
