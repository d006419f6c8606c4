/** The one alarm of an object, and what is known of it: moving it costs a row, and asking which row of work is due first costs a statement. */
export class Alarm {
  readonly #storage: DurableObjectStorage;
  /** What it is known to be set to, in UTC ms. Unknown after a start, so the first change sets it again. */
  #at: number | null | undefined;
  /** The earliest time that a row was given since it was set: unless that is earlier, no row is. */
  #wantedAt = Infinity;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** A row was given this time, in UTC ms. */
  want(at: number): void {
    this.#wantedAt = Math.min(this.#wantedAt, at);
  }

  /** Whether it goes off before any row is due. One that should have gone off is about to come, and finds what is due then and no more. */
  isEarlyEnough(now: number): boolean {
    const at = this.#at ?? 0;
    return at > now && at <= this.#wantedAt;
  }

  set(at: number | null): void {
    this.#wantedAt = Infinity;
    if (at === this.#at) return;
    this.#at = at;
    // Not awaited: alarm writes join the transaction that is open, and the output gate waits for it.
    void (at === null ? this.#storage.deleteAlarm() : this.#storage.setAlarm(at));
  }

  /** It went off, or was set in a transaction that was rolled back. */
  forget(): void {
    this.#at = undefined;
  }
}
