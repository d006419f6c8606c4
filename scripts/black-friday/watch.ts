import * as z from "zod";
import { LiveView } from "../../bench/events/live.ts";
import type { Counts, Sample } from "./messages.ts";
import { flashLevel, type Level, type Venue } from "./venue.ts";

const LOOK_EVERY_MS = 1_000;

const metricsSchema = z.object({ queues: z.array(z.object({ queue: z.string(), backlog: z.int() })) });

/** The day at one moment, as shoppers and operator see it. */
export interface Moment {
  /** In ms since the beginning of the day. */
  readonly at: number;
  readonly counts: Counts;
  readonly checkoutMs: Sample["checkout_ms"];
  /** Charges that wait for the payment provider, and messages in all queues; and how old that is, in ms: a busy shop answers late. */
  readonly charges: number;
  readonly backlog: number;
  readonly ageMs: number;
  /** As the live board shows it, minor units. */
  readonly revenue: { readonly amount: number; readonly currency: string };
  readonly paid: number;
  /** From an event's receipt to the frame that shows it, over the last five minutes, as the board counts it. */
  readonly eventMs: { readonly p50: number; readonly p99: number; readonly count: number } | null;
  readonly flash: Level;
  /** Units of the flash sale's product that are promised and do not exist. */
  readonly oversold: number;
}

/** Older than this it is not what is now. */
export const STALE_MS = 5_000;

export const oversoldOf = ({ received, sold, reserved }: Level): number => Math.max(0, sold + reserved - received);

/** An operator at the console: a live socket, and a look at the queues once a second. */
export class Watch {
  readonly #venue: Venue;
  #view: LiveView;
  #frames: LiveView["frames"] = [];
  #queues: z.infer<typeof metricsSchema>["queues"] = [];
  #flash: Level;
  #lookedAt = Date.now();
  #isOver = false;
  #looking: Promise<void> = Promise.resolve();

  private constructor(venue: Venue, view: LiveView, flash: Level) {
    this.#venue = venue;
    this.#view = view;
    this.#flash = flash;
  }

  static async open(venue: Venue): Promise<Watch> {
    const watch = new Watch(venue, await LiveView.open(venue.origin, venue.adminKey), await flashLevel(venue));
    watch.#looking = watch.#look();
    return watch;
  }

  /** Frames of all sockets that there have been. */
  get frames(): LiveView["frames"] {
    return [...this.#frames, ...this.#view.frames];
  }

  moment({ at, counts, checkout_ms: checkoutMs }: Sample): Moment {
    const waiting = (name: string): number => this.#queues.find(({ queue }) => queue === name)?.backlog ?? 0;
    const { totals, freshness } = this.#view;
    return {
      at,
      counts,
      checkoutMs,
      charges: waiting("payments"),
      backlog: this.#queues.reduce((sum, { backlog }) => sum + backlog, 0),
      ageMs: Date.now() - this.#lookedAt,
      revenue: totals?.revenue.today ?? { amount: 0, currency: "USD" },
      paid: totals?.orders.today ?? 0,
      eventMs: freshness?.event_to_frame_ms ?? null,
      flash: this.#flash,
      oversold: oversoldOf(this.#flash),
    };
  }

  /** Waits for a frame that counts so many events. */
  until(received: number): Promise<void> {
    return this.#view.until(received);
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#looking;
    this.#view.close();
  }

  async #look(): Promise<void> {
    while (!this.#isOver) {
      const pause = new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      try {
        const { admin, origin, adminKey } = this.#venue;
        [{ queues: this.#queues }, this.#flash] = await Promise.all([
          admin.get("/admin/v1/metrics", metricsSchema),
          flashLevel(this.#venue),
        ]);
        this.#lookedAt = Date.now();
        if (!this.#view.isOpen) {
          const again = await LiveView.open(origin, adminKey);
          this.#frames = this.frames;
          this.#view = again;
        }
      } catch {
        // A shop that is too busy to say how busy it is: what is shown becomes old, and the next look will tell.
      }
      await pause;
    }
  }
}
