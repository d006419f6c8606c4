const ENTRIES_MAX = 10_000;

export type DeliveryEntry = {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly event: string;
  readonly type: string;
  readonly endpoint: string;
  /** From 1; 0 when there was none. */
  readonly attempt: number;
  readonly outcome: "delivered" | "retrying" | "gave_up" | "dropped";
  readonly duration_ms: number;
  readonly status?: number;
  readonly error?: string;
};

/** The last attempts, in a ring. */
export class DeliveryLog {
  #entries: DeliveryEntry[] = [];
  #oldest = 0;

  add(entry: DeliveryEntry): void {
    if (this.#entries.length < ENTRIES_MAX) {
      this.#entries.push(entry);
      return;
    }
    this.#entries[this.#oldest] = entry;
    this.#oldest = (this.#oldest + 1) % ENTRIES_MAX;
  }

  /** Newest first. */
  newest(limit: number, keep: (entry: DeliveryEntry) => boolean): readonly DeliveryEntry[] {
    const ordered = [...this.#entries.slice(this.#oldest), ...this.#entries.slice(0, this.#oldest)];
    return ordered.filter(keep).slice(-limit).toReversed();
  }

  clear(): void {
    this.#entries = [];
    this.#oldest = 0;
  }
}
