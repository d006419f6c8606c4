import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import type { World } from "./world.ts";

/** A decision of the shop, or an alert of its book. `at`: when it was first seen here, UTC ms, so that the shop's clock may be wrong. */
export interface Noticed {
  readonly at: number;
  readonly subject: string;
  readonly kind: string;
  readonly text: string;
}

const LOOK_EVERY_MS = 200;
/** Consumers wait up to a second for a batch to fill, so under load so many messages always wait, and a short calm may not have shown it. */
const USUAL_BACKLOG = 10;
/** Every so many looks the book of alerts is read as well. */
const ALERTS_EVERY = 5;

const decisionsSchema = z.object({
  data: z.array(z.object({ id: z.string(), subject: z.string(), kind: z.string(), text: z.string() })),
});
const alertsSchema = z.object({
  data: z.array(z.object({ id: z.string(), rule: z.object({ id: z.string(), name: z.string() }) })),
});
const pipelineSchema = z.object({
  stages: z.array(
    z.object({
      stage: z.string(),
      route: z.string(),
      lanes: z.array(z.object({ breaker: z.string() })),
    }),
  ),
  spill: z.object({ parts: z.int() }),
});

const isWell = (route: string, lanes: readonly { readonly breaker: string }[]): boolean =>
  route === "primary" && lanes.every(({ breaker }) => breaker === "closed");

/** What an operator would see, five times a second. A look that the shop does not answer is left out. */
export class Watch {
  readonly noticed: Noticed[] = [];
  readonly #world: World;
  readonly #known = new Set<string>();
  #isOpen = true;
  #calmBacklog = USUAL_BACKLOG;
  #isCalm = true;
  #wellSince: number | undefined;
  #trouble: readonly string[] = [];
  #looking: Promise<void> | undefined;

  constructor(world: World) {
    this.#world = world;
    this.#looking = this.#look();
  }

  /** What waits in queues from now on is no longer what is usual. */
  shaken(): void {
    this.#isCalm = false;
  }

  /** Since when everything has been well: all stages on their own way, no breaker open, nothing put by, and no more in the queues than before the fault. */
  get wellSince(): number | undefined {
    return this.#wellSince;
  }

  /** What is not well, by the last look. */
  get trouble(): readonly string[] {
    return this.#trouble;
  }

  async end(): Promise<void> {
    this.#isOpen = false;
    await this.#looking;
  }

  async #look(): Promise<void> {
    let looks = 0;
    while (this.#isOpen) {
      try {
        await this.#see(looks++ % ALERTS_EVERY === 0);
      } catch (error) {
        this.#trouble = [`nobody answers: ${String(error)}`];
        this.#wellSince = undefined;
      }
      await setTimeout(LOOK_EVERY_MS);
    }
  }

  async #see(withAlerts: boolean): Promise<void> {
    const { admin } = this.#world.shop;
    const askedAt = Date.now();
    const { stages, spill } = await admin.get("/admin/v1/pipeline", pipelineSchema);
    const { data } = await admin.get("/admin/v1/decisions?limit=50", decisionsSchema);
    for (const { id, ...rest } of data.toReversed()) this.#note(id, rest);
    if (withAlerts) {
      const alerts = await admin.get("/admin/v1/alerts?limit=50", alertsSchema);
      for (const { id, rule } of alerts.data.toReversed()) {
        this.#note(id, { subject: rule.id, kind: "alert", text: rule.name });
      }
    }
    const { backlog } = this.#world.queues.now;
    if (this.#isCalm) this.#calmBacklog = Math.max(this.#calmBacklog, backlog);
    this.#trouble = [
      ...(spill.parts > 0 ? [`${spill.parts} parts are put by`] : []),
      ...(backlog > this.#calmBacklog ? [`${backlog} messages wait, and ${this.#calmBacklog} are usual`] : []),
      ...stages.flatMap(({ stage, route, lanes }) => (isWell(route, lanes) ? [] : [`${stage} is sick`])),
    ];
    this.#wellSince = this.#trouble.length === 0 ? (this.#wellSince ?? askedAt) : undefined;
  }

  #note(id: string, what: Omit<Noticed, "at">): void {
    if (this.#known.has(id)) return;
    this.#known.add(id);
    this.noticed.push({ at: Date.now(), ...what });
  }
}
