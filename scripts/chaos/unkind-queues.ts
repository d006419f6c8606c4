import { randomFrom } from "../../bench/events/random.ts";
import { type OutsideOptions, OutsideQueues } from "../../bench/runtime/queues/outside.ts";
import { QueuedEvents } from "../drills/events/queued.ts";

/** How the queues are, beside at-least-once and in no order, which they always are. */
export interface QueueTrouble {
  /** Sends to this queue are refused. */
  readonly refuses?: string;
  /** Sends to this queue are answered so late that nobody waits for it; they are taken all the same. */
  readonly hangs?: { readonly queue: string; readonly ms: number };
  /** Of every so many batches of a queue, the consumer goes away with one in its hands. */
  readonly crashesEvery?: number;
  /** Part of all messages that comes a second time. */
  readonly repeats?: number;
  /** Each message waits for up to so long, so that others overtake it. */
  readonly holdsMs?: number;
}

/** The shop's queues, outside of it, and how they behave at the moment. */
export class UnkindQueues {
  trouble: QueueTrouble = {};
  readonly #random: () => number;
  readonly #batches = new Map<string, number>();
  #queued = new QueuedEvents();
  #queues: OutsideQueues | undefined;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  get now(): OutsideQueues {
    if (!this.#queues) throw new Error("the queues were never opened");
    return this.#queues;
  }

  /** Events in all batches that were taken since they were opened, each batch counted once. */
  get queuedEvents(): number {
    return this.#queued.events;
  }

  /** Empty ones in place of those before, at the same ports. */
  async open(): Promise<OutsideQueues> {
    const before = this.#queues;
    await before?.close();
    this.trouble = {};
    this.#queued = new QueuedEvents();
    this.#queues = await OutsideQueues.open({
      ...this.#behaviour(),
      ...(before && { ports: [before.port, before.gatePort] as const }),
    });
    return this.#queues;
  }

  async close(): Promise<void> {
    await this.#queues?.close();
  }

  #behaviour(): OutsideOptions {
    return {
      repeats: () => this.#random() < (this.trouble.repeats ?? 0),
      refuses: (queue) => this.trouble.refuses === queue,
      takesMs: (queue) => (this.trouble.hangs?.queue === queue ? this.trouble.hangs.ms : 0),
      holdsMs: () => this.#random() * (this.trouble.holdsMs ?? 0),
      crashes: (queue) => this.#countBatch(queue) % (this.trouble.crashesEvery ?? Infinity) === 0,
      onMessage: (queue, message) => this.#queued.see(queue, message),
    };
  }

  #countBatch(queue: string): number {
    const count = (this.#batches.get(queue) ?? 0) + 1;
    this.#batches.set(queue, count);
    return count;
  }
}
