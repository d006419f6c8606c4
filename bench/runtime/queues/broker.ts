import { setTimeout as sleep } from "node:timers/promises";

/** What a queue's consumer is configured to. Times in ms. */
export interface QueuePolicy {
  readonly batchSize: number;
  readonly batchTimeoutMs: number;
  /** Deliveries of a message, the first one included. */
  readonly deliveries: number;
  readonly retryDelayMs: number;
  readonly deadLetterQueue: string | undefined;
}

/** A message as the runtime hands it over: `body` is serialised, and only the runtime can read what is `v8`. */
export interface QueuedMessage {
  readonly id: string;
  /** UTC ms. */
  readonly timestamp: number;
  readonly contentType: string;
  readonly body: Buffer;
  readonly attempts: number;
}

/** What became of a batch, in the words of the runtime. */
export interface BatchOutcome {
  readonly outcome: string;
  readonly ackAll: boolean;
  readonly retryBatch: { readonly retry: boolean; readonly delaySeconds?: number | undefined };
  readonly explicitAcks: readonly string[];
  readonly retryMessages: readonly { readonly msgId: string; readonly delaySeconds?: number | undefined }[];
}

/** `gone`: nobody was there, so nothing was delivered. A consumer that dies with a batch in its hands has used up a delivery. */
export type Delivered = BatchOutcome | "gone" | "died";

export interface BrokerOptions {
  readonly policy: QueuePolicy;
  readonly deliver: (messages: readonly QueuedMessage[]) => Promise<Delivered>;
  readonly bury: (messages: readonly QueuedMessage[], queue: string | undefined) => void;
  /** How many batches may be at work at a time. */
  readonly concurrency: number;
  /** Whether a message that was acknowledged comes once more all the same: "at least once" is a promise of this, too. */
  readonly repeats: () => boolean;
}

/** Operations as Cloudflare bills them: one for each 64 KB that is written, read or deleted. */
export interface QueueUse {
  messages: number;
  bytes: number;
  batches: number;
  operations: number;
  retried: number;
  repeated: number;
  buried: number;
}

const CHUNK_BYTES = 64_000;
const LOOK_AGAIN_MS = 50;

/**
 * One queue, kept outside of the runtime: what it took survives the runtime's death, as on Cloudflare's network. At least once and in no
 * promised order: failed and repeated messages come back behind newer ones.
 */
export class QueueBroker {
  readonly use: QueueUse = { messages: 0, bytes: 0, batches: 0, operations: 0, retried: 0, repeated: 0, buried: 0 };
  readonly #options: BrokerOptions;
  readonly #ready: QueuedMessage[] = [];
  /** Waiting for their delay, and handed out and not settled. */
  #delayed = 0;
  #underWay = 0;
  #batches = 0;
  #bytes = 0;
  #flush: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  /** Everything that is not done: waiting, delayed or handed out. */
  get backlog(): number {
    return this.#ready.length + this.#delayed + this.#underWay;
  }

  /** The parts of the backlog, in words; empty when there is none. */
  get waiting(): string {
    const parts = { ready: this.#ready.length, delayed: this.#delayed, "handed out": this.#underWay };
    return Object.entries(parts)
      .flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []))
      .join(", ");
  }

  get metrics() {
    return {
      backlogCount: this.#ready.length,
      backlogBytes: this.#bytes,
      oldestMessageTimestamp: this.#ready[0]?.timestamp ?? 0,
    };
  }

  accept(messages: readonly QueuedMessage[], delayMs: number): void {
    for (const message of messages) {
      this.use.messages += 1;
      this.use.bytes += message.body.byteLength;
      this.use.operations += chunksOf(message);
    }
    this.#enqueue(messages, delayMs);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#flush);
  }

  #enqueue(messages: readonly QueuedMessage[], delayMs: number): void {
    if (delayMs > 0) {
      this.#delayed += messages.length;
      setTimeout(() => {
        this.#delayed -= messages.length;
        this.#enqueue(messages, 0);
      }, delayMs).unref();
      return;
    }
    for (const message of messages) {
      this.#ready.push(message);
      this.#bytes += message.body.byteLength;
    }
    this.#schedule();
  }

  #schedule(): void {
    const { batchSize, batchTimeoutMs } = this.#options.policy;
    while (!this.#closed && this.#ready.length >= batchSize && this.#batches < this.#options.concurrency) this.#hand();
    if (this.#closed || this.#flush || this.#ready.length === 0) return;
    this.#flush = setTimeout(() => {
      this.#flush = undefined;
      if (this.#ready.length > 0 && this.#batches < this.#options.concurrency) this.#hand();
    }, batchTimeoutMs);
  }

  #hand(): void {
    const messages = this.#ready.splice(0, this.#options.policy.batchSize);
    this.#bytes -= bytesOf(messages);
    this.#underWay += messages.length;
    this.#batches += 1;
    void this.#see(messages);
  }

  async #see(messages: readonly QueuedMessage[]): Promise<void> {
    const attempt = messages.map((message) => ({ ...message, attempts: message.attempts + 1 }));
    let delivered = await this.#options.deliver(attempt);
    while (delivered === "gone" && !this.#closed) {
      await sleep(LOOK_AGAIN_MS);
      delivered = await this.#options.deliver(attempt);
    }
    this.#batches -= 1;
    this.#underWay -= messages.length;
    if (delivered !== "gone") this.#settle(attempt, delivered);
    this.#schedule();
  }

  #settle(messages: readonly QueuedMessage[], delivered: BatchOutcome | "died"): void {
    this.use.batches += 1;
    const { deliveries, deadLetterQueue } = this.#options.policy;
    const over: QueuedMessage[] = [];
    for (const message of messages) {
      const delayMs = this.#retryDelay(message, delivered);
      this.use.operations += chunksOf(message) * (delayMs === undefined ? 2 : 1);
      if (delayMs === undefined) this.#done(message);
      else if (message.attempts >= deliveries) over.push(message);
      else {
        this.use.retried += 1;
        this.#enqueue([message], delayMs);
      }
    }
    if (over.length === 0) return;
    this.use.buried += over.length;
    this.#options.bury(over, deadLetterQueue);
  }

  #done(message: QueuedMessage): void {
    if (!this.#options.repeats()) return;
    this.use.repeated += 1;
    this.#enqueue([{ ...message, attempts: 0 }], 1);
  }

  /** After how long it is to be delivered again; `undefined` when it is done. */
  #retryDelay(message: QueuedMessage, delivered: BatchOutcome | "died"): number | undefined {
    const { retryDelayMs } = this.#options.policy;
    if (delivered === "died") return retryDelayMs;
    const { outcome, ackAll, explicitAcks, retryBatch, retryMessages } = delivered;
    if (explicitAcks.includes(message.id)) return undefined;
    const own = retryMessages.find(({ msgId }) => msgId === message.id);
    if (own) return delayOf(own.delaySeconds, retryDelayMs);
    if (retryBatch.retry || (outcome !== "ok" && !ackAll)) return delayOf(retryBatch.delaySeconds, retryDelayMs);
    return undefined;
  }
}

const delayOf = (seconds: number | undefined, usualMs: number): number =>
  seconds === undefined ? usualMs : seconds * 1_000;
const chunksOf = ({ body }: QueuedMessage): number => Math.max(1, Math.ceil(body.byteLength / CHUNK_BYTES));
const bytesOf = (messages: readonly QueuedMessage[]): number =>
  messages.reduce((sum, { body }) => sum + body.byteLength, 0);
