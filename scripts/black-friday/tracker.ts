import { type Deed, shopperEvent, type ShopperEvent } from "../../bench/events/shopper-event.ts";
import type { Connections } from "./connection.ts";
import type { Counts } from "./messages.ts";

/** What Segment's SDK for servers does by default: `flushAt` 15, sent again with a growing pause, and under the same message ids. */
const PER_BATCH = 15;
const TRIES_MAX = 6;
const TRY_AGAIN_MS = 500;
/** The SDK waits ten seconds for a batch to become full; a compressed day is not that long. */
const FLUSH_MS = 1_000;

export interface TrackerOptions {
  readonly url: string;
  readonly writeKey: string;
  readonly run: string;
  readonly connections: Connections;
  readonly counts: Counts;
  /** UTC ms. */
  readonly now: () => number;
}

/** The shop's own servers, which tell what its pages saw. */
export class Tracker {
  /** In the order of sending: when due, how many. */
  readonly batches: [number, number][] = [];
  readonly #options: TrackerOptions;
  readonly #underWay = new Set<Promise<void>>();
  #waiting: ShopperEvent[] = [];
  #oldest = 0;
  #ids = 0;

  constructor(options: TrackerOptions) {
    this.#options = options;
  }

  track(deed: Deed, anonymousId: string): void {
    const now = this.#options.now();
    if (this.#waiting.length === 0) this.#oldest = now;
    const identity = { messageId: `${this.#options.run}-e${this.#ids++}`, anonymousId };
    this.#waiting.push(shopperEvent(deed, { ...identity, timestamp: new Date(now).toISOString() }));
    if (this.#waiting.length >= PER_BATCH) this.#flush(now);
  }

  /** To be called now and then, for what does not fill a batch. */
  tick(): void {
    const now = this.#options.now();
    if (this.#waiting.length > 0 && now - this.#oldest >= FLUSH_MS) this.#flush(now);
  }

  async close(): Promise<void> {
    this.#flush(this.#options.now());
    await Promise.all(this.#underWay);
  }

  #flush(now: number): void {
    const batch = this.#waiting;
    if (batch.length === 0) return;
    this.#waiting = [];
    this.batches.push([now, batch.length]);
    const body = JSON.stringify({ batch, sentAt: new Date(now).toISOString() });
    const sent = this.#send(body, batch.length).finally(() => this.#underWay.delete(sent));
    this.#underWay.add(sent);
  }

  async #send(body: string, events: number): Promise<void> {
    const { url, writeKey, connections, counts } = this.#options;
    const headers = {
      "content-type": "application/json",
      authorization: `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}`,
    };
    counts.events_sent += events;
    for (let tries = 1; tries <= TRIES_MAX; tries++) {
      counts.requests += 1;
      const { answer } = await connections.ask({ kind: "events", url, method: "POST", headers, body });
      if (answer?.status === 200) {
        counts.events_acknowledged += events;
        return;
      }
      if (answer === undefined) counts.unanswered += 1;
      const pauseMs = Math.max(answer?.retryAfterMs ?? 0, TRY_AGAIN_MS * tries);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    counts.events_given_up += events;
  }
}
