import { DURATION_MS } from "../../src/domain/limits.ts";
import { healthAfter, mustDisable, nextStep } from "../../src/domain/webhook-delivery.ts";
import { judgeTarget, type TargetPolicy } from "../../src/domain/webhook-target.ts";
import { log } from "../../src/platform/log.ts";
import { exists } from "../migrate.ts";
import type { JobResult } from "../job.ts";
import type { DueWork } from "../work.ts";
import type { Delivery, DeliveryTable } from "./deliveries.ts";
import { post, type PostResult } from "./post.ts";
import { signedHeaders } from "./signature.ts";
import type { Endpoint, EndpointTable } from "./table.ts";

/** The one row of work behind all deliveries: due when the earliest of them is. */
export const DELIVER = "deliver";
/** Requests to one receiver at a time: enough to keep up, too few to be what brings it down. */
const LANES = 4;
/** Attempts that one lane makes before the next alarm goes on: an alarm may run for 15 minutes, and each attempt takes at most 10 s. */
const ATTEMPTS_PER_LANE = 50;

export interface DeliveryPolicy {
  readonly targets: TargetPolicy;
  readonly scale: number;
  /** An endpoint that has failed for this long, in ms, is disabled. */
  readonly disableAfterMs: number;
}

/** Makes the attempts that are due, a few at a time, and books what came of each. */
export class Deliverer {
  readonly #storage: DurableObjectStorage;
  readonly #endpoints: EndpointTable;
  readonly #deliveries: DeliveryTable;
  readonly #work: DueWork;
  readonly #policy: () => DeliveryPolicy;
  readonly #disable: (endpoint: Endpoint, reason: "gone" | "failing", now: number) => void;
  readonly #underWay = new Set<number>();
  #lanes = 0;

  constructor(deps: {
    storage: DurableObjectStorage;
    endpoints: EndpointTable;
    deliveries: DeliveryTable;
    work: DueWork;
    policy: () => DeliveryPolicy;
    /** Called in the transaction that booked the attempt. */
    disable: (endpoint: Endpoint, reason: "gone" | "failing", now: number) => void;
  }) {
    this.#storage = deps.storage;
    this.#endpoints = deps.endpoints;
    this.#deliveries = deps.deliveries;
    this.#work = deps.work;
    this.#policy = deps.policy;
    this.#disable = deps.disable;
  }

  isUnderWay(seq: number): boolean {
    return this.#underWay.has(seq);
  }

  /** To be called in the transaction that made something due: should this object crash before `run`, the alarm takes over. */
  schedule(now: number): void {
    this.#work.dueBy({ id: DELIVER, kind: DELIVER, dueAt: now + DURATION_MS.takeover }, now);
    this.#work.arm();
  }

  /** Fills the free lanes, and leaves the alarm set to whatever is next. */
  async run(): Promise<JobResult> {
    await Promise.all(Array.from({ length: LANES - this.#lanes }, () => this.#lane()));
    if (!exists(this.#storage)) return "done";
    this.#work.transaction(() => {
      const isOn = this.#endpoints.load()?.status === "enabled";
      const next = isOn ? this.#deliveries.nextAt() : undefined;
      const now = Date.now();
      // What is due and not taken waits for a lane that is busy: that lane takes it, the alarm is only there for a crash.
      const dueAt = next === undefined ? undefined : next > now ? next : now + DURATION_MS.takeover;
      if (dueAt === undefined) this.#work.remove(DELIVER);
      else this.#work.put({ id: DELIVER, kind: DELIVER, dueAt }, now);
      this.#work.arm();
    });
    return "done";
  }

  /** One attempt now, whatever the endpoint's status and the delivery's time; not tried again. For tests that a person asked for. */
  async tryOnce(delivery: Delivery): Promise<void> {
    const endpoint = this.#endpoints.load();
    if (endpoint) await this.#attempt(endpoint, this.#begin(delivery), true);
  }

  async #lane(): Promise<void> {
    this.#lanes++;
    try {
      for (let made = 0; made < ATTEMPTS_PER_LANE && exists(this.#storage); made++) {
        const endpoint = this.#endpoints.load();
        const delivery = endpoint?.status === "enabled" ? this.#deliveries.due(Date.now()) : undefined;
        if (!endpoint || !delivery) return;
        await this.#attempt(endpoint, this.#begin(delivery), false);
      }
    } finally {
      this.#lanes--;
    }
  }

  /** Nothing awaits between finding a delivery and this, so no two lanes take the same. */
  #begin(delivery: Delivery): Delivery {
    this.#deliveries.begin(delivery.seq, Date.now());
    return { ...delivery, tries: delivery.tries + 1, attempts: delivery.attempts + 1 };
  }

  async #attempt(endpoint: Endpoint, delivery: Delivery, once: boolean): Promise<void> {
    const { seq, attempts: number } = delivery;
    const at = Date.now();
    this.#underWay.add(seq);
    try {
      const result = await this.#send(endpoint, delivery, at);
      // Meanwhile the endpoint may have been deleted.
      if (exists(this.#storage)) {
        this.#work.transaction(() => {
          this.#deliveries.record(seq, number, at, result);
          this.#book(delivery, result, once, Date.now());
          this.#work.arm();
        });
      }
      const { status, error, durationMs } = result;
      const level = status !== undefined && status < 300 ? "info" : "warn";
      log(level, "webhook_attempt", {
        endpointId: endpoint.id,
        eventId: delivery.eventId,
        number,
        status,
        error,
        durationMs,
      });
    } finally {
      this.#underWay.delete(seq);
    }
  }

  async #send(endpoint: Endpoint, { eventId: id, body }: Delivery, now: number): Promise<PostResult> {
    // Judged again: the rule may have become stricter since the endpoint was registered.
    const target = judgeTarget(endpoint.url, this.#policy().targets);
    if (!target.ok) return { error: `not sent: the target ${target.detail}`, durationMs: 0 };
    return post(target.value, signedHeaders(this.#endpoints.secrets(now), { id, body }, now), body);
  }

  /** What the outcome means for the delivery, and for the endpoint. */
  #book({ seq, tries }: Delivery, result: PostResult, once: boolean, now: number): void {
    const endpoint = this.#endpoints.load();
    // It may have ended while the attempt was under way: with its endpoint, or by a person's hand.
    if (!endpoint || this.#deliveries.find(seq)?.state !== "pending") return;
    const { scale, disableAfterMs } = this.#policy();
    const step = nextStep(result, tries, { now, random: Math.random(), scale });
    if (once) {
      const worked = step.kind === "delivered";
      this.#deliveries.end(seq, worked ? "delivered" : "failed", worked ? null : "test_failed", now);
      return;
    }
    const health = healthAfter(endpoint, step.kind === "delivered", now);
    if (health.failures !== endpoint.failures) this.#endpoints.save({ ...endpoint, ...health });
    if (step.kind === "delivered") this.#deliveries.end(seq, "delivered", null, now);
    else if (step.kind === "gone") this.#deliveries.end(seq, "failed", "gone", now);
    else if (step.kind === "exhausted") this.#deliveries.end(seq, "failed", "exhausted", now);
    else {
      this.#deliveries.postpone(seq, step.at);
      this.#work.dueBy({ id: DELIVER, kind: DELIVER, dueAt: step.at }, now);
    }
    const current = { ...endpoint, ...health };
    if (step.kind === "gone") this.#disable(current, "gone", now);
    else if (mustDisable(health, disableAfterMs, now)) this.#disable(current, "failing", now);
  }
}
