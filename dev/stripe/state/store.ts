import { newId } from "./ids.ts";
import { Journal } from "./journal.ts";
import type { KeyRecord, Operation, Reference, StoredReply } from "./operations.ts";
import type { EventRow, JsonObject, JsonValue, Kind, Rows, WebhookEndpointRow } from "./rows.ts";
import { Tables } from "./tables.ts";

/** What brought a change about; Stripe shows it in `event.request`. */
export type Cause = { readonly request_id: string | null; readonly idempotency_key: string | null };
export const NO_REQUEST: Cause = { request_id: null, idempotency_key: null };

type StoreOptions = {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly events_max: number;
  /** The journal is rewritten as a snapshot when it passes this size, and then each time that it doubles. */
  readonly journal_bytes_max: number;
  readonly onEvents: (events: readonly EventRow[]) => void;
};

/** The state and its journal. Everything that changes goes through `transact`. */
export class Store {
  readonly tables: Tables;
  readonly #options: StoreOptions;
  #journal: Journal | null = null;
  #journal_bytes_max: number;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#journal_bytes_max = options.journal_bytes_max;
    this.tables = new Tables({ events_max: options.events_max });
  }

  /** Reads the journal at `path` and writes to it from now on. Without it the state dies with the process. */
  async load(path: string): Promise<void> {
    this.#journal = await Journal.open(path, (line) => {
      // SAFETY: the journal's header was checked, and only `transact` writes lines below it.
      for (const operation of line as readonly Operation[]) this.tables.apply(operation);
    });
    this.#compactWhenLarge();
  }

  /**
   * Runs `work`, which may not await, and writes what it changed as one line before returning: whoever is
   * answered after this has an answer that a crash cannot take back. Events go out only then. A `work` that
   * throws keeps what it changed, since a declined charge is a change and an error at once.
   */
  transact<T>(cause: Cause, work: (transaction: Transaction) => T): T {
    const now_s = Math.max(this.tables.latest_s, Math.floor(this.#options.now() / 1_000));
    const transaction = new Transaction(this.tables, cause, now_s);
    try {
      return work(transaction);
    } finally {
      this.#commit(transaction.operations);
      if (transaction.events.length > 0) this.#options.onEvents(transaction.events);
    }
  }

  settle(event_id: string, endpoint_id: string): void {
    const operation = ["settled", event_id, endpoint_id] as const;
    this.tables.apply(operation);
    this.#commit([operation]);
  }

  reset(): void {
    this.tables.clear();
    this.#journal?.replace(this.tables.operations());
  }

  close(): void {
    this.#journal?.close();
    this.#journal = null;
  }

  #commit(operations: readonly Operation[]): void {
    if (operations.length === 0 || this.#journal === null) return;
    this.#journal.append(operations);
    this.#compactWhenLarge();
  }

  #compactWhenLarge(): void {
    if (this.#journal === null || this.#journal.bytes <= this.#journal_bytes_max) return;
    this.#journal.replace(this.tables.operations());
    this.#journal_bytes_max = Math.max(this.#options.journal_bytes_max, 2 * this.#journal.bytes);
  }
}

/** The changes of one request. Reads see them at once. */
export class Transaction {
  readonly tables: Tables;
  readonly now_s: number;
  readonly operations: Operation[] = [];
  readonly events: EventRow[] = [];
  readonly #cause: Cause;

  constructor(tables: Tables, cause: Cause, now_s: number) {
    this.tables = tables;
    this.#cause = cause;
    this.now_s = now_s;
  }

  get<K extends Kind>(kind: K, id: string): Rows[K] | undefined {
    return this.tables.of(kind).get(id);
  }

  /** Puts a new row, or the changed fields of one that exists. */
  put<K extends Kind>(kind: K, row: Rows[K]): Rows[K] {
    const existing = this.get(kind, row.id);
    if (existing === undefined) this.#apply(["row", kind, row]);
    else this.#apply(["change", kind, row.id, changedFields(existing, row)]);
    return row;
  }

  drop(kind: Kind, id: string): void {
    this.#apply(["drop", kind, id]);
  }

  /** Records an event about a row as it is now. */
  emit(type: string, subject: Reference, previous_attributes: JsonObject | null = null): EventRow {
    return this.#emit(type, subject, previous_attributes);
  }

  /** Records an event about anything at all: what the control path was asked to send. */
  emitRaw(type: string, object: JsonObject): EventRow {
    return this.#emit(type, { kind: "raw", row: object }, null);
  }

  remember(key: Omit<KeyRecord, "reply">, reply: StoredReply | { status: number; of: Reference }): void {
    this.#apply(["key", { ...key, reply }]);
  }

  #emit(
    type: string,
    subject: Reference | { readonly kind: "raw"; readonly row: JsonObject },
    previous_attributes: JsonObject | null,
  ): EventRow {
    const id = newId("evt");
    const endpoints: string[] = [];
    for (const endpoint of this.tables.of("webhook_endpoint").oldestFirst()) {
      if (listensTo(endpoint, type)) endpoints.push(endpoint.id);
    }
    this.#apply(["event", { id, created: this.now_s, type, subject, previous_attributes, endpoints, ...this.#cause }]);
    const event = this.tables.events.get(id);
    if (event === undefined) throw new Error(`The event ${id} was put and is not there.`);
    this.events.push(event);
    return event;
  }

  #apply(operation: Operation): void {
    this.tables.apply(operation);
    this.operations.push(operation);
  }
}

export function listensTo(endpoint: WebhookEndpointRow, type: string): boolean {
  if (endpoint.status !== "enabled") return false;
  return endpoint.enabled_events.some((enabled) => enabled === "*" || enabled === type);
}

function changedFields<Row extends Rows[Kind]>(before: Row, after: Row): JsonObject {
  // SAFETY: rows are made of JSON values only; an interface without an index signature hides that.
  const old_fields = before as unknown as Record<string, JsonValue>;
  const fields: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(after)) {
    if (old_fields[name] !== value) fields[name] = value;
  }
  return fields;
}
