import { enqueue, nextBatch, type QueuedEvent, retryDelayMs, verdictOf, without } from "./queue.ts";

/** Soon, so that an operator sees it within a second, and late enough for what happens together to travel together. */
const FLUSH_AFTER_MS = 250;

export interface Sent {
  readonly status: number;
  readonly retryAfter: string | null;
}

/** What the tracker needs of the world; a browser's is in browser.ts. */
export interface TrackerWorld {
  /** Throws when nothing came back. */
  send(body: string): Promise<Sent>;
  load(): readonly QueuedEvent[];
  save(queue: readonly QueuedEvent[]): void;
  now(): Date;
  chance(): number;
  newId(): string;
  /** Where the shopper is, for every event. */
  context(): Readonly<Record<string, unknown>>;
  later(work: () => void, delayMs: number): void;
}

/**
 * A client of the Segment HTTP API as small as this shop needs it. An event is in the queue until an answer took it, and the queue outlives
 * the page: what may have arrived is sent again under the same `messageId`, which the server counts once.
 */
export class Tracker {
  readonly #writeKey: string;
  readonly #anonymousId: string;
  readonly #world: TrackerWorld;
  #queue: readonly QueuedEvent[];
  #isScheduled = false;
  #isSending = false;
  #failures = 0;

  constructor(options: { readonly writeKey: string; readonly anonymousId: string; readonly world: TrackerWorld }) {
    this.#writeKey = options.writeKey;
    this.#anonymousId = options.anonymousId;
    this.#world = options.world;
    this.#queue = options.world.load();
    if (this.#queue.length > 0) this.#schedule(FLUSH_AFTER_MS);
  }

  page(name: string, properties: Readonly<Record<string, unknown>> = {}): void {
    this.#put({ type: "page", name, properties: { ...properties, name } });
  }

  /** `messageId`: for what happens once, however often the page says so. */
  track(event: string, properties: Readonly<Record<string, unknown>>, messageId?: string): void {
    this.#put({ type: "track", event, properties }, messageId);
  }

  /** Everything at once, without waiting for anything: the page is about to go. */
  flushAll(): void {
    let rest = this.#queue;
    for (let batch = nextBatch(rest); batch.length > 0; batch = nextBatch(rest)) {
      rest = without(rest, batch);
      void this.#send(batch);
    }
  }

  #put(event: Omit<QueuedEvent, "messageId"> & Pick<QueuedEvent, "type">, messageId = this.#world.newId()): void {
    const timestamp = this.#world.now().toISOString();
    const common = { messageId, timestamp, anonymousId: this.#anonymousId, context: this.#world.context() };
    this.#become(enqueue(this.#queue, { ...event, ...common }));
    // After a failure its own delay applies: new events do not knock earlier.
    if (this.#failures === 0) this.#schedule(FLUSH_AFTER_MS);
  }

  #schedule(delayMs: number): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#world.later(() => {
      this.#isScheduled = false;
      void this.#flush();
    }, delayMs);
  }

  async #flush(): Promise<void> {
    if (this.#isSending || this.#queue.length === 0) return;
    this.#isSending = true;
    const sent = await this.#send(nextBatch(this.#queue));
    this.#isSending = false;
    if (sent === "again") {
      this.#failures += 1;
      this.#schedule(retryDelayMs(this.#failures, this.#world.chance(), this.#retryAfter));
      return;
    }
    this.#failures = 0;
    if (this.#queue.length > 0) this.#schedule(0);
  }

  #retryAfter: string | null = null;

  async #send(batch: readonly QueuedEvent[]): Promise<ReturnType<typeof verdictOf>> {
    const body = { writeKey: this.#writeKey, batch, sentAt: this.#world.now().toISOString() };
    let sent: Sent | undefined;
    try {
      sent = await this.#world.send(JSON.stringify(body));
    } catch {
      // Nothing came back.
    }
    this.#retryAfter = sent?.retryAfter ?? null;
    const verdict = verdictOf(sent?.status);
    if (verdict !== "again") this.#become(without(this.#queue, batch));
    return verdict;
  }

  #become(queue: readonly QueuedEvent[]): void {
    this.#queue = queue;
    this.#world.save(queue);
  }
}
