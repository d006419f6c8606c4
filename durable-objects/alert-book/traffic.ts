import { ageMs } from "../../src/domain/age.ts";

const KEY = "traffic_at";
/** Traffic is noted at most this often: each note is a row. */
const NOTE_EVERY_MS = 30_000;

/** When the shop last had traffic, as far as the book has heard. */
export class TrafficNote {
  readonly #storage: DurableObjectStorage;
  #at = 0;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  get at(): number {
    return this.#at;
  }

  restore(): void {
    this.#at = this.#storage.kv.get<number>(KEY) ?? 0;
  }

  /** In the caller's transaction. */
  note(now: number): void {
    if (ageMs(this.#at, now) <= NOTE_EVERY_MS) return;
    this.#at = now;
    this.#storage.kv.put(KEY, now);
  }
}
