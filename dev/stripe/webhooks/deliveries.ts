import type { Faults } from "../control/faults.ts";
import type { RenderingContext } from "../protocol/rendering.ts";
import type { EventRow } from "../state/rows.ts";
import type { Store } from "../state/store.ts";
import { DeliveryLog } from "./delivery-log.ts";
import { signedPayload } from "./payload.ts";
import type { PostResult } from "./post.ts";
import { Poster } from "./post.ts";

/** Beyond this many waiting deliveries, new ones are left to be found by listing events. */
const WAITING_MAX = 500_000;

export type DeliverySettings = {
  /** Pauses between attempts, and thereby their number. Stripe retries for three days; here that is minutes. */
  readonly retry_delays_ms: readonly number[];
  readonly timeout_ms: number;
  readonly concurrency_max: number;
};

type Delivery = { readonly event: EventRow; readonly endpoint: string; readonly attempt: number };

type DeliveriesOptions = {
  readonly store: Store;
  readonly faults: Faults;
  readonly context: RenderingContext;
  readonly settings: DeliverySettings;
  readonly now: () => number;
};

/** Brings events to webhook endpoints: at least once, in no promised order, a bounded number at a time. */
export class Deliveries {
  readonly log = new DeliveryLog();
  readonly #options: DeliveriesOptions;
  readonly #poster: Poster;
  readonly #timers = new Set<NodeJS.Timeout>();
  #queue: Delivery[] = [];
  /** Deliveries before this index have been taken; a shift per delivery would copy a long queue each time. */
  #next = 0;
  #active = 0;
  #closed = false;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
    const { timeout_ms, concurrency_max } = options.settings;
    this.#poster = new Poster({ timeout_ms, connections_max: concurrency_max });
  }

  /** Starts the deliveries of new events; what the faults say is decided here, once per endpoint. */
  announce(events: readonly EventRow[]): void {
    for (const event of events) {
      for (const endpoint of event.endpoints) {
        const delays_ms = this.#options.faults.deliveryDelays(event.type);
        if (delays_ms.length === 0) this.#drop(event, endpoint);
        for (const delay_ms of delays_ms) this.#later({ event, endpoint, attempt: 1 }, delay_ms);
      }
    }
  }

  /** Delivers again what a stopped process still owed. Attempts start anew. */
  resume(): void {
    for (const { event, endpoints } of this.#options.store.tables.undelivered.values()) {
      for (const endpoint of endpoints) this.#later({ event, endpoint, attempt: 1 }, 0);
    }
  }

  /** As with Stripe's "resend": to every enabled endpoint, whatever happened to the event before. */
  redeliver(event: EventRow): number {
    const endpoints = [...this.#options.store.tables.of("webhook_endpoint").oldestFirst()];
    const enabled = endpoints.filter((endpoint) => endpoint.status === "enabled");
    for (const endpoint of enabled) this.#later({ event, endpoint: endpoint.id, attempt: 1 }, 0);
    return enabled.length;
  }

  /** Looks whether there is something to do; called when a fault that held deliveries is taken back. */
  pump(): void {
    const { settings, faults } = this.#options;
    while (!this.#closed && !faults.webhooks.hold && this.#active < settings.concurrency_max) {
      const delivery = this.#queue[this.#next];
      if (delivery === undefined) return;
      this.#next += 1;
      if (this.#next * 2 > this.#queue.length) {
        this.#queue = this.#queue.slice(this.#next);
        this.#next = 0;
      }
      this.#active += 1;
      void this.#attempt(delivery).finally(() => {
        this.#active -= 1;
        this.pump();
      });
    }
  }

  /** Forgets what waits in memory, for a reset. */
  forget(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#queue = [];
    this.#next = 0;
    this.log.clear();
  }

  close(): void {
    this.#closed = true;
    this.forget();
    this.#poster.close();
  }

  #later(delivery: Delivery, delay_ms: number): void {
    if (delay_ms === 0) {
      this.#push(delivery);
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#push(delivery);
    }, delay_ms);
    this.#timers.add(timer);
  }

  #push(delivery: Delivery): void {
    if (this.#queue.length - this.#next >= WAITING_MAX) {
      this.#drop(delivery.event, delivery.endpoint);
      return;
    }
    this.#queue.push(delivery);
    this.pump();
  }

  async #attempt(delivery: Delivery): Promise<void> {
    const { event } = delivery;
    const { store, faults, context, now } = this.#options;
    const endpoint = store.tables.of("webhook_endpoint").get(delivery.endpoint);
    if (endpoint === undefined || endpoint.status !== "enabled") {
      this.#drop(event, delivery.endpoint);
      return;
    }
    const started_ms = now();
    const { body, signature } = signedPayload(event, endpoint, {
      context,
      faults: faults.strikes(event.type) ? faults.webhooks : null,
      now_ms: started_ms,
    });
    const result = await this.#poster.post(endpoint.url, body, {
      "content-type": "application/json; charset=utf-8",
      "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
      ...(signature === null ? {} : { "stripe-signature": signature }),
    });
    if (!this.#closed) this.#conclude(delivery, result, started_ms);
  }

  #conclude(delivery: Delivery, result: PostResult, started_ms: number): void {
    const { event, endpoint, attempt } = delivery;
    const { store, settings, now } = this.#options;
    const taken = "status" in result && result.status >= 200 && result.status < 300;
    const retry_ms = taken ? undefined : settings.retry_delays_ms[attempt - 1];
    const outcome = taken ? "delivered" : retry_ms === undefined ? "gave_up" : "retrying";
    this.log.add({
      at: started_ms,
      event: event.id,
      type: event.type,
      endpoint,
      attempt,
      outcome,
      duration_ms: now() - started_ms,
      ...result,
    });
    if (retry_ms === undefined) store.settle(event.id, endpoint);
    else this.#later({ ...delivery, attempt: attempt + 1 }, retry_ms);
  }

  #drop(event: EventRow, endpoint: string): void {
    const at = this.#options.now();
    this.log.add({ at, event: event.id, type: event.type, endpoint, attempt: 0, outcome: "dropped", duration_ms: 0 });
    this.#options.store.settle(event.id, endpoint);
  }
}
