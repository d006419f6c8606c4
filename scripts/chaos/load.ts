import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { allSkus } from "../../bench/runtime/shop.ts";
import { Persistence } from "../drills/chaos/persistence.ts";
import { type Kind, planOf as storiesOf, type Story } from "../drills/chaos/plan.ts";
import { Shoppers } from "../drills/chaos/shoppers.ts";
import { Plan, type PlannedRequest } from "../drills/events/plan.ts";
import { Sender } from "../drills/events/sender.ts";
import { Seen } from "./seen.ts";
import type { World } from "./world.ts";

export interface LoadSettings {
  readonly seed: number;
  readonly ordersPerS: number;
  /** In requests of 25 events, a known part of which is trouble. */
  readonly eventsPerS: number;
  /** Views per second of products that were never looked at before. */
  readonly freshPerS: number;
  /** Of the product that everybody wants. */
  readonly scarceUnits: number;
  /** What shoppers may have in mind; left out, everything. */
  readonly kinds?: readonly Kind[];
}

export const USUAL_LOAD: Omit<LoadSettings, "seed"> = { ordersPerS: 2, eventsPerS: 200, freshPerS: 1, scarceUnits: 10 };

const EVENTS_PER_REQUEST = 25;
const SHARES = { duplicate: 0.05, malformed: 0.01, late: 0.005 };
/** Stories at most; longer than any scenario takes. */
const STORIES = 20_000;
const TICK_MS = 20;
/** Whoever is told "not now" asks again after up to so long. */
const PAUSE_MAX_MS = 1_000;

const levelSchema = z.object({ on_hand: z.int() });

/** Shoppers who come however the shop answers (an open loop), and events beside them. All of them insist until they are answered. */
export class Load {
  readonly seen = new Seen();
  readonly shoppers: Shoppers;
  readonly plan: Plan;
  readonly sender: Sender;
  readonly #settings: LoadSettings;
  readonly #fresh: Iterator<string>;
  readonly #stories: Iterator<Story>;
  readonly #inside = new Set<Promise<void>>();
  readonly #failures: unknown[] = [];
  #factor = 1;
  #isOpen = true;

  private constructor(world: World, scarce: string, settings: LoadSettings) {
    const { shop, freshSkus } = world;
    const { seed } = settings;
    const persistence = new Persistence({ onTry: (one) => this.seen.note(one), pauseMaxMs: PAUSE_MAX_MS });
    this.#settings = settings;
    this.shoppers = new Shoppers({ ...shop, skus: shop.skus.slice(1) }, scarce, persistence);
    this.plan = new Plan({
      skus: allSkus(),
      seed,
      perRequest: EVENTS_PER_REQUEST,
      shares: SHARES,
      // A request that is sent again must change nothing.
      identified: true,
    });
    this.sender = new Sender(shop.origin, PAUSE_MAX_MS);
    this.#fresh = freshSkus.values();
    const { kinds } = settings;
    const { stories } = storiesOf(seed, STORIES);
    this.#stories = stories.filter(({ kind }) => kinds?.includes(kind) ?? true).values();
  }

  static async begin(world: World, settings: LoadSettings): Promise<Load> {
    const [scarce = ""] = world.shop.skus;
    const path = `/admin/v1/stock/${encodeURIComponent(scarce)}`;
    const { on_hand: onHand } = await world.shop.admin.get(path, levelSchema);
    const delta = settings.scarceUnits - onHand;
    await world.shop.admin.post(`${path}/adjust`, { delta, reason: "scarce" }, `scarce:${scarce}`);
    // Everybody wants it, so somebody has looked at it since its stock was changed, which every cache forgets it for.
    await fetch(`${world.shop.origin}/v1/products/${encodeURIComponent(scarce)}`);
    const load = new Load(world, scarce, settings);
    void load.#arrive();
    return load;
  }

  /** From now on so many times as many arrive. */
  times(factor: number): void {
    this.#factor = factor;
  }

  /** Lets nobody in any more, and waits until everybody inside was answered and has done what they came for. */
  async end(): Promise<void> {
    this.#isOpen = false;
    await Promise.all(this.#inside);
    if (this.#failures.length > 0) throw this.#failures[0];
    await this.shoppers.goHome();
    await this.shoppers.rest();
    this.sender.close();
  }

  async #arrive(): Promise<void> {
    const { ordersPerS, eventsPerS, freshPerS } = this.#settings;
    const streams = [
      { perS: ordersPerS, due: 0, come: () => this.#enter() },
      { perS: eventsPerS / EVENTS_PER_REQUEST, due: 0, come: () => this.#send(this.plan.next(Date.now())) },
      { perS: freshPerS, due: 0, come: () => this.#look() },
    ];
    let at = performance.now();
    while (this.#isOpen) {
      await setTimeout(TICK_MS);
      const now = performance.now();
      for (const stream of streams) {
        stream.due += (stream.perS * this.#factor * (now - at)) / 1_000;
        for (; stream.due >= 1; stream.due--) stream.come();
      }
      at = now;
    }
  }

  #enter(): void {
    const { value: story } = this.#stories.next();
    if (story) this.#begin(this.shoppers.enter(story));
  }

  #look(): void {
    const { value: sku } = this.#fresh.next();
    if (sku !== undefined) this.#send(this.plan.view(sku, Date.now()));
  }

  #send(request: PlannedRequest): void {
    this.#begin(this.sender.insist(request));
  }

  #begin(visit: Promise<void>): void {
    const whole = visit
      .catch((error: unknown) => void this.#failures.push(error))
      .finally(() => this.#inside.delete(whole));
    this.#inside.add(whole);
  }
}
