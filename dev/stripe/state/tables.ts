import type { KeyRecord, Operation, Reference, StoredReply } from "./operations.ts";
import { isReference } from "./operations.ts";
import type { EventRow, Kind, Resource, Rows } from "./rows.ts";
import { Table } from "./table.ts";

/** Room for 100,000 purchases several times over; past it, creating is refused. */
const OBJECTS_MAX = 1_000_000;
const WEBHOOK_ENDPOINTS_MAX = 16;
/** Stripe keeps the results of a key for at least 24 hours; beyond this many, the oldest go first. */
const IDEMPOTENCY_KEYS_MAX = 250_000;

/** In the order in which a snapshot can be read: what events and keys point at comes first. */
const KINDS = [
  "webhook_endpoint",
  "payment_method",
  "confirmation_token",
  "payment_intent",
  "charge",
  "refund",
  "dispute",
] as const satisfies readonly Kind[];

export type Undelivered = { readonly event: EventRow; readonly endpoints: Set<string> };

/** The whole state in memory, and the one place where an operation changes it. */
export class Tables {
  readonly #rows: { readonly [K in Kind]: Table<Rows[K]> } = {
    payment_intent: new Table({ rows_max: OBJECTS_MAX }),
    charge: new Table({ rows_max: OBJECTS_MAX }),
    refund: new Table({ rows_max: OBJECTS_MAX }),
    dispute: new Table({ rows_max: OBJECTS_MAX }),
    payment_method: new Table({ rows_max: OBJECTS_MAX, overflow: "drop_oldest" }),
    confirmation_token: new Table({ rows_max: OBJECTS_MAX, overflow: "drop_oldest" }),
    webhook_endpoint: new Table({ rows_max: WEBHOOK_ENDPOINTS_MAX }),
  };
  readonly events: Table<EventRow>;
  readonly keys = new Table<KeyRecord>({ rows_max: IDEMPOTENCY_KEYS_MAX, overflow: "drop_oldest" });
  readonly undelivered = new Map<string, Undelivered>();
  /** The latest time seen, in seconds: a clock that is set back must not put a row before its elders. */
  latest_s = 0;

  constructor({ events_max }: { events_max: number }) {
    this.events = new Table({ rows_max: events_max, overflow: "drop_oldest" });
  }

  of<K extends Kind>(kind: K): Table<Rows[K]> {
    return this.#rows[kind];
  }

  apply(operation: Operation): void {
    switch (operation[0]) {
      case "row":
        return this.#put(operation[1], operation[2]);
      case "change": {
        const [, kind, id, fields] = operation;
        return this.#put(kind, { ...this.#existing(kind, id), ...fields });
      }
      case "drop":
        return this.of(operation[1]).delete(operation[2]);
      case "event": {
        const { subject, ...event } = operation[1];
        return this.#putEvent({ ...event, subject: isReference(subject) ? this.resource(subject) : subject });
      }
      case "key": {
        const { reply, ...key } = operation[1];
        const resolved: StoredReply =
          "of" in reply ? { status: reply.status, subject: this.resource(reply.of) } : reply;
        return this.keys.put({ ...key, reply: resolved });
      }
      case "settled":
        return this.#settle(operation[1], operation[2]);
    }
  }

  /** The row that is named, as it is now. */
  resource([kind, id]: Reference): Resource {
    // SAFETY: `kind` and the row come from the same table; TypeScript cannot tie the two across the union.
    return { kind, row: this.#existing(kind, id) } as Resource;
  }

  /** The state as operations that build it again, for a compact journal. */
  *operations(): Generator<readonly Operation[]> {
    for (const kind of KINDS) {
      for (const row of this.of(kind).oldestFirst()) yield [["row", kind, row]];
    }
    for (const event of this.events.oldestFirst()) {
      const waiting = this.undelivered.get(event.id)?.endpoints;
      const settled = event.endpoints.filter((endpoint) => waiting?.has(endpoint) !== true);
      yield [["event", event], ...settled.map((endpoint) => ["settled", event.id, endpoint] as const)];
    }
    for (const key of this.keys.oldestFirst()) yield [["key", key]];
  }

  #existing(kind: Kind, id: string): Rows[Kind] {
    const row = this.of(kind).get(id);
    if (row === undefined) throw new Error(`The journal names ${kind} ${id}, which does not exist.`);
    return row;
  }

  #put(kind: Kind, row: Rows[Kind]): void {
    this.of(kind).put(row);
    this.latest_s = Math.max(this.latest_s, row.created);
  }

  #putEvent(event: EventRow): void {
    this.events.put(event);
    this.latest_s = Math.max(this.latest_s, event.created);
    if (event.endpoints.length > 0) {
      this.undelivered.set(event.id, { event, endpoints: new Set(event.endpoints) });
    }
  }

  #settle(event: string, endpoint: string): void {
    const waiting = this.undelivered.get(event);
    waiting?.endpoints.delete(endpoint);
    if (waiting?.endpoints.size === 0) this.undelivered.delete(event);
  }

  /** Endpoints stay: they are configuration, and a test that resets between cases wants its webhooks to go on. */
  clear(): void {
    for (const kind of KINDS) {
      if (kind !== "webhook_endpoint") this.of(kind).clear();
    }
    this.events.clear();
    this.keys.clear();
    this.undelivered.clear();
  }
}
