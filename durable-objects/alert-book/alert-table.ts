import type { AlertTold } from "../../src/domain/alerts/alert.ts";
import { severityRank } from "../../src/domain/alerts/metrics.ts";
import { type AlertRecord, type AlertsInForce, type Mute, mutedUntil } from "../../src/domain/alerts/record.ts";
import { LIMITS } from "../../src/domain/limits.ts";

export interface AlertPage {
  readonly limit: number;
  /** The `seq` of the last one already seen. */
  readonly before?: number | undefined;
  readonly state?: "in_force" | "cleared" | undefined;
}

type AlertRow = {
  seq: number;
  id: string;
  alert: string;
  told: number;
  worst: number;
  cleared_at: number | null;
  cleared_value: number | null;
  acknowledged_at: number | null;
  acknowledged_by: string | null;
  note: string | null;
};
type Fired = Pick<AlertTold, "rule" | "subject" | "value" | "since" | "firedAt">;

/** Of the alerts that one product has by one metric (running out, and sold out) the worst: SQLite takes the other columns from the row with the maximum. */
const BREACHES = `
  SELECT seq, MAX(severity) AS severity, acknowledged_at IS NOT NULL AS is_seen,
    EXISTS (SELECT 1 FROM mutes WHERE mutes.rule = alerts.rule AND mutes.subject IN ('', alerts.subject) AND until > ?) AS is_muted
  FROM alerts WHERE cleared_at IS NULL AND kind = 'product' GROUP BY metric, subject`;

/** Alerts in force and those that are over, and who is not to be told of which. */
export class AlertTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  find(id: string, now: number): AlertRecord | undefined {
    return this.#read("SELECT * FROM alerts WHERE id = ?", [id], now)[0];
  }

  /**
   * For the board. What is not about a product all of it, since rules and flags are its bound; of products as many as that, what nobody has seen first, then the
   * worse, muted last. It is all put in order before the cut: a wave of sold-out products must not take the places of a rollback, of warnings, or of what
   * nobody has seen yet.
   */
  inForce(products: number, now: number): AlertsInForce {
    const others = this.#read("SELECT * FROM alerts WHERE cleared_at IS NULL AND kind <> 'product'", [], now);
    const urgent = this.#read(
      `SELECT * FROM alerts WHERE seq IN (
        SELECT seq FROM (${BREACHES}) ORDER BY is_muted, is_seen, severity DESC, seq DESC LIMIT ?)`,
      [now, products],
      now,
    );
    const { n } = this.#sql.exec<{ n: number }>(`SELECT COUNT(*) AS n FROM (${BREACHES})`, now).one();
    return { shown: [...others, ...urgent], total: others.length + n };
  }

  /** Those whose breach other systems do not know of, because it was muted when it fired. */
  untold(now: number): AlertRecord[] {
    return this.#read("SELECT * FROM alerts WHERE cleared_at IS NULL AND told = 0 ORDER BY seq", [], now);
  }

  /** How many are in force by rule. */
  counts(): ReadonlyMap<string, number> {
    const rows = this.#sql.exec<{ rule: string; n: number }>(
      "SELECT rule, COUNT(*) AS n FROM alerts WHERE cleared_at IS NULL GROUP BY rule",
    );
    return new Map(rows.toArray().map(({ rule, n }) => [rule, n]));
  }

  /** Newest first. */
  list({ limit, before, state }: AlertPage, now: number): AlertRecord[] {
    const isOver = state === "cleared" ? 1 : 0;
    const narrow = state === undefined ? "" : "AND (cleared_at IS NOT NULL) = ?";
    const values = state === undefined ? [] : [isOver];
    const from = before ?? Number.MAX_SAFE_INTEGER;
    return this.#read(
      `SELECT * FROM alerts WHERE seq < ? ${narrow} ORDER BY seq DESC LIMIT ?`,
      [from, ...values, limit],
      now,
    );
  }

  add({ id, rule, subject, value, worst, since, firedAt }: AlertTold, told: boolean): void {
    this.#sql.exec(
      "INSERT INTO alerts (id, rule, subject, severity, alert, fired_at, told, worst) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      id,
      rule.id,
      subject.key,
      severityRank(rule.severity),
      JSON.stringify({ rule, subject, value, since, firedAt } satisfies Fired),
      firedAt,
      told ? 1 : 0,
      worst,
    );
    const kept = "SELECT MAX(seq) FROM alerts";
    this.#sql.exec(`DELETE FROM alerts WHERE cleared_at IS NOT NULL AND seq <= (${kept}) - ?`, LIMITS.alertHistory);
  }

  clear({ id, value, worst, at }: AlertTold): void {
    this.#sql.exec("UPDATE alerts SET cleared_at = ?, cleared_value = ?, worst = ? WHERE id = ?", at, value, worst, id);
  }

  markTold(id: string): void {
    this.#sql.exec("UPDATE alerts SET told = 1 WHERE id = ?", id);
  }

  acknowledge(id: string, by: string, note: string, now: number): void {
    this.#sql.exec(
      "UPDATE alerts SET acknowledged_at = ?, acknowledged_by = ?, note = ? WHERE id = ?",
      now,
      by,
      note,
      id,
    );
  }

  mutes(now: number): Mute[] {
    const rows = this.#sql.exec<{ rule: string; subject: string; until: number }>(
      "SELECT rule, subject, until FROM mutes WHERE until > ? ORDER BY until",
      now,
    );
    return rows.toArray();
  }

  mute({ rule, subject, until }: Mute, by: string, now: number): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO mutes (rule, subject, until, at, muted_by) VALUES (?, ?, ?, ?, ?)",
      rule,
      subject,
      until,
      now,
      by,
    );
  }

  unmute(rule: string, subject: string): void {
    this.#sql.exec("DELETE FROM mutes WHERE rule = ? AND subject = ?", rule, subject);
  }

  forgetMutes(now: number): void {
    this.#sql.exec("DELETE FROM mutes WHERE until <= ?", now);
  }

  #read(statement: string, values: readonly (string | number)[], now: number): AlertRecord[] {
    const rows = this.#sql.exec<AlertRow>(statement, ...values).toArray();
    if (rows.length === 0) return [];
    const mutes = this.mutes(now);
    return rows.map((row) => toRecord(row, mutes, now));
  }
}

function toRecord(row: AlertRow, mutes: readonly Mute[], now: number): AlertRecord {
  // SAFETY: only `add` writes this column, from these fields.
  const fired = JSON.parse(row.alert) as Fired;
  const { cleared_at: clearedAt, acknowledged_at: acknowledgedAt } = row;
  return {
    ...fired,
    seq: row.seq,
    id: row.id,
    told: row.told === 1,
    worst: row.worst,
    ...(clearedAt !== null && { cleared: { at: clearedAt, value: row.cleared_value } }),
    ...(acknowledgedAt !== null && {
      acknowledged: { at: acknowledgedAt, by: row.acknowledged_by ?? "", note: row.note ?? "" },
    }),
    mutedUntil: mutedUntil(mutes, fired.rule.id, fired.subject.key, now),
  };
}
