import { LOW_AT_FIRST } from "../../src/domain/low-stock.ts";
import type { Reservation, StockLevel } from "../../src/domain/stock.ts";

type LevelRow = {
  sku: string;
  received: number;
  on_hand: number;
  sold: number;
  reserved: number;
  seq: number;
  low: number;
};
type ReservationRow = { order_id: string; quantity: number; state: Reservation["state"]; expires_at: number };

/** Rows of one Stock object, in the domain's words. The level that was read or written last is kept, until `forget`. */
export class StockTable {
  readonly #sql: SqlStorage;
  #read: LevelRow | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  level(): StockLevel | undefined {
    const row = this.#row();
    return row && { ...pick(row), onHand: row.on_hand };
  }

  isLow(): boolean {
    const row = this.#row();
    return row ? row.low === 1 : LOW_AT_FIRST;
  }

  #row(): LevelRow | undefined {
    this.#read ??= this.#sql.exec<LevelRow>("SELECT * FROM level").toArray()[0];
    return this.#read;
  }

  saveLevel(level: StockLevel, low: boolean): void {
    const { sku, received, onHand, sold, reserved, seq } = level;
    const row = { sku, received, on_hand: onHand, sold, reserved, seq, low: low ? 1 : 0 };
    this.#sql.exec(
      "INSERT OR REPLACE INTO level (sku, received, on_hand, sold, reserved, seq, low) VALUES (?, ?, ?, ?, ?, ?, ?)",
      ...Object.values(row),
    );
    this.#read = row;
  }

  /** After a transaction that was rolled back: what is kept may have been written by it. */
  forget(): void {
    this.#read = undefined;
  }

  reservation(orderId: string): Reservation | undefined {
    const rows = this.#sql.exec<ReservationRow>("SELECT * FROM reservations WHERE order_id = ?", orderId);
    return rows.toArray().map(toReservation)[0];
  }

  saveReservation(orderId: string, reservation: Reservation | undefined): void {
    if (!reservation) {
      this.#sql.exec("DELETE FROM reservations WHERE order_id = ?", orderId);
      return;
    }
    this.#sql.exec(
      "INSERT OR REPLACE INTO reservations (order_id, quantity, state, expires_at) VALUES (?, ?, ?, ?)",
      orderId,
      reservation.quantity,
      reservation.state,
      reservation.expiresAt,
    );
  }

  /** Holds first: what is claimed is only history. */
  reservations(limit: number): Reservation[] {
    return this.#sql
      .exec<ReservationRow>("SELECT * FROM reservations ORDER BY state DESC LIMIT ?", limit)
      .toArray()
      .map(toReservation);
  }

  /** Reservations past their time, oldest first. One statement whatever their number: a list of ids would hit the 100 parameters. */
  expired(now: number, limit: number): Reservation[] {
    return this.#sql
      .exec<ReservationRow>("SELECT * FROM reservations WHERE expires_at <= ? ORDER BY expires_at LIMIT ?", now, limit)
      .toArray()
      .map(toReservation);
  }

  nextExpiry(): number | undefined {
    const row = this.#sql.exec<{ at: number | null }>("SELECT MIN(expires_at) AS at FROM reservations").one();
    return row.at ?? undefined;
  }

  recordAdjustment(seq: number, delta: number, reason: string, at: number): void {
    this.#sql.exec("INSERT INTO adjustments (seq, delta, reason, at) VALUES (?, ?, ?, ?)", seq, delta, reason, at);
  }
}

const pick = ({ sku, received, sold, reserved, seq }: LevelRow) => ({ sku, received, sold, reserved, seq });

const toReservation = (row: ReservationRow): Reservation => ({
  orderId: row.order_id,
  quantity: row.quantity,
  state: row.state,
  expiresAt: row.expires_at,
});
