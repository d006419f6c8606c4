import type { FlagNews } from "../../src/domain/alerts/flag-news.ts";

const KEY = "flags";

/** What each guarded flag last said; as many as the shop has flags, which is limited where they are defined. */
export class FlagReadings {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  all(): readonly FlagNews[] {
    return this.#storage.kv.get<readonly FlagNews[]>(KEY) ?? [];
  }

  /** In the caller's transaction. Answers the reading, or nothing when this or something newer was heard before. */
  take(news: FlagNews): FlagNews | undefined {
    const known = this.all();
    const before = known.find(({ key }) => key === news.key);
    if (before && before.version >= news.version) return undefined;
    // An alert is named by its moment, so two of one flag are never at the same.
    const reading = { ...news, at: Math.max(news.at, (before?.at ?? 0) + 1) };
    this.#storage.kv.put(KEY, [...known.filter(({ key }) => key !== news.key), reading]);
    return reading;
  }
}
