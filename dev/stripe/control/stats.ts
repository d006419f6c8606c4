import type { EventRow } from "../state/rows.ts";
import type { Tables } from "../state/tables.ts";

const WINDOW_MS = 1_000;

/** The largest number of moments within any one second, exactly: a sliding window, not a clock's second. */
class PeakRate {
  #moments: number[] = [];
  #start = 0;
  max_per_s = 0;

  note(now_ms: number): void {
    this.#moments.push(now_ms);
    while ((this.#moments[this.#start] ?? now_ms) <= now_ms - WINDOW_MS) this.#start += 1;
    this.max_per_s = Math.max(this.max_per_s, this.#moments.length - this.#start);
    if (this.#start > this.#moments.length / 2) {
      this.#moments = this.#moments.slice(this.#start);
      this.#start = 0;
    }
  }
}

/** Counters since the start of the process or the last reset. */
export class Stats {
  readonly #now: () => number;
  #calls = new Map<string, number>();
  #statuses = new Map<number, number>();
  #events = new Map<string, number>();
  #replayed = 0;
  #rate_limited = 0;
  #all = new PeakRate();
  #writes = new PeakRate();

  constructor({ now }: { now: () => number }) {
    this.#now = now;
  }

  /** A call that was let through; `pattern` keeps the number of counters small. */
  noteCall(method: string, pattern: string): void {
    count(this.#calls, `${method} ${pattern}`);
    this.#all.note(this.#now());
    if (method !== "GET") this.#writes.note(this.#now());
  }

  noteRateLimited(): void {
    this.#rate_limited += 1;
  }

  noteReplay(): void {
    this.#replayed += 1;
  }

  noteStatus(status: number): void {
    count(this.#statuses, status);
  }

  noteEvents(events: readonly EventRow[]): void {
    for (const event of events) count(this.#events, event.type);
  }

  reset(): void {
    this.#calls = new Map();
    this.#statuses = new Map();
    this.#events = new Map();
    this.#replayed = 0;
    this.#rate_limited = 0;
    this.#all = new PeakRate();
    this.#writes = new PeakRate();
  }

  describe(tables: Tables): unknown {
    return {
      calls: Object.fromEntries(this.#calls),
      statuses: Object.fromEntries(this.#statuses),
      events: Object.fromEntries(this.#events),
      replayed: this.#replayed,
      rate_limited: this.#rate_limited,
      charges_succeeded: this.#events.get("charge.succeeded") ?? 0,
      max_calls_per_s: this.#all.max_per_s,
      max_writes_per_s: this.#writes.max_per_s,
      state: stateOf(tables),
    };
  }
}

/** What is in the state now, from before a restart as well. */
function stateOf(tables: Tables): unknown {
  const intents = new Map<string, number>();
  for (const row of tables.of("payment_intent").oldestFirst()) count(intents, row.status);
  const charges = new Map<string, number>();
  const captured = new Map<string, number>();
  const refunded = new Map<string, number>();
  for (const row of tables.of("charge").oldestFirst()) {
    count(charges, row.status);
    count(captured, row.currency, row.amount_captured);
    count(refunded, row.currency, row.captured ? row.amount_refunded : 0);
  }
  return {
    payment_intents: Object.fromEntries(intents),
    charges: Object.fromEntries(charges),
    captured: Object.fromEntries(captured),
    refunded: Object.fromEntries(refunded),
    events: tables.events.length,
    idempotency_keys: tables.keys.length,
    undelivered_events: tables.undelivered.size,
  };
}

function count<Key>(counts: Map<Key, number>, key: Key, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
