import type { EventRow } from "../state/rows.ts";
import type { Store } from "../state/store.ts";
import { NO_REQUEST } from "../state/store.ts";
import { settlePaymentIntent } from "./settlement.ts";

/** Days at a bank, as a delay: what is `processing` settles by itself, when the settings say after how long. */
export class Settlements {
  readonly #store: Store;
  readonly #after_ms: number | null;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor({ store, after_ms }: { store: Store; after_ms: number | null }) {
    this.#store = store;
    this.#after_ms = after_ms;
  }

  arrange(events: readonly EventRow[]): void {
    for (const { type, subject } of events) {
      if (type === "payment_intent.processing" && subject.kind === "payment_intent") this.#plan(subject.row.id);
    }
  }

  /** After a restart the wait begins anew. */
  resume(): void {
    if (this.#after_ms === null) return;
    for (const intent of this.#store.tables.of("payment_intent").oldestFirst()) {
      if (intent.status === "processing") this.#plan(intent.id);
    }
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #plan(id: string): void {
    if (this.#after_ms === null) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#settle(id);
    }, this.#after_ms);
    this.#timers.add(timer);
  }

  /** By then the control path may have settled it, or a reset removed it. */
  #settle(id: string): void {
    const intent = this.#store.tables.of("payment_intent").get(id);
    if (intent?.status !== "processing") return;
    this.#store.transact(NO_REQUEST, (transaction) => settlePaymentIntent(transaction, { params: {}, id }));
  }
}
