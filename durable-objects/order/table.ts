import type { LedgerView } from "../../src/domain/order.ts";
import type { LedgerEntry, Order, OrderState } from "../../src/domain/order-record.ts";
import { exists } from "../migrate.ts";

export interface HistoryEntry {
  readonly version: number;
  /** The event that moved the order, e.g. `captured`. */
  readonly cause: string;
  readonly state: OrderState;
  /** UTC ms. */
  readonly at: number;
}

type LedgerRow = {
  ref: string;
  kind: LedgerEntry["kind"];
  intent: string;
  amount: number;
  currency: string;
  at: number;
};
type HistoryRow = { version: number; cause: string; state: OrderState; at: number };

/** Rows of one Order object, in the domain's words. What was read or written last is kept, until `forget`. */
export class OrderTable implements LedgerView {
  readonly #storage: DurableObjectStorage;
  #read: Order | undefined;
  /** By time and reference. */
  #entries: (LedgerEntry & { readonly at: number })[] | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  load(): Order | undefined {
    if (!exists(this.#storage)) this.#read = undefined;
    if (this.#read || !exists(this.#storage)) return this.#read;
    const [row] = this.#storage.sql.exec<{ doc: string }>('SELECT doc FROM "order"').toArray();
    // SAFETY: rows are only written by `save`, which takes an Order.
    this.#read = row && (JSON.parse(row.doc) as Order);
    return this.#read;
  }

  /** The order and the reason why it looks like this now. */
  save(order: Order, cause: string): void {
    const { sql } = this.#storage;
    sql.exec(
      'INSERT OR REPLACE INTO "order" (id, state, version, captured, refunded, doc) VALUES (?, ?, ?, ?, ?, ?)',
      order.id,
      order.state,
      order.version,
      order.payment.captured,
      order.payment.refunded,
      JSON.stringify(order),
    );
    sql.exec(
      "INSERT INTO history (version, cause, state, at) VALUES (?, ?, ?, ?)",
      order.version,
      cause,
      order.state,
      order.updatedAt,
    );
    this.#read = order;
  }

  /** After a transaction that was rolled back: what is kept may have been written by it. */
  forget(): void {
    this.#read = undefined;
    this.#entries = undefined;
  }

  has(ref: string): boolean {
    return this.ledger().some((entry) => entry.ref === ref);
  }

  amountOf(ref: string): number {
    return this.ledger().find((entry) => entry.ref === ref)?.amount ?? 0;
  }

  /** A refund that failed takes the place of what was entered before; anything else that is entered twice is a bug, and throws. */
  enter(entry: LedgerEntry, now: number): void {
    const isFailure = entry.kind === "refund" && entry.amount === 0;
    this.#storage.sql.exec(
      `INSERT ${isFailure ? "OR REPLACE " : ""}INTO ledger (ref, kind, intent, amount, currency, at) VALUES (?, ?, ?, ?, ?, ?)`,
      entry.ref,
      entry.kind,
      entry.intent,
      entry.amount,
      entry.currency,
      now,
    );
    this.#entries = undefined;
  }

  ledger(): readonly (LedgerEntry & { readonly at: number })[] {
    this.#entries ??= this.#storage.sql.exec<LedgerRow>("SELECT * FROM ledger ORDER BY at, ref").toArray();
    return this.#entries;
  }

  history(): HistoryEntry[] {
    return this.#storage.sql.exec<HistoryRow>("SELECT * FROM history ORDER BY version").toArray();
  }
}
