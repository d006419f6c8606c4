import type { EndpointSummary } from "../../src/domain/notifications.ts";
import { wants } from "../../src/domain/notifications.ts";
import { ok, refuse, type Result } from "../../src/domain/result.ts";
import { judgeTarget, type TargetPolicy, type TargetRefusal } from "../../src/domain/webhook-target.ts";
import { log } from "../../src/platform/log.ts";
import { erase, exists, migrate } from "../migrate.ts";
import { OperationsObject } from "../metered-object.ts";
import { Outbox, outboxHandlers, queuesOf } from "../outbox.ts";
import { DueWork } from "../work.ts";
import { DELIVER, Deliverer } from "./deliverer.ts";
import { type Attempt, type Delivery, type DeliveryState, DeliveryTable } from "./deliveries.ts";
import { WEBHOOK_ENDPOINT_STEPS } from "./schema.ts";
import { mintSecret } from "./signature.ts";
import { type Endpoint, EndpointTable, type SecretInfo } from "./table.ts";

/** An event as it is sent: `body` is the JSON text that is signed. */
export interface WebhookEvent {
  readonly id: string;
  readonly type: string;
  readonly body: string;
}
export interface EndpointSettings {
  readonly url: string;
  readonly events: readonly string[];
  readonly description: string;
}
export type EndpointChange = {
  readonly [Key in keyof EndpointSettings]?: EndpointSettings[Key] | undefined;
} & { readonly status?: Endpoint["status"] | undefined };

export interface EndpointDetails {
  readonly endpoint: Endpoint;
  readonly secrets: readonly SecretInfo[];
}
export type LoggedDelivery = Omit<Delivery, "body"> & { readonly tried: readonly Attempt[] };

type Unknown = { readonly reason: "unknown_endpoint" };
export type ChangeReply = Result<EndpointDetails, Unknown | TargetRefusal>;
/** The only answers that ever carry a secret: the one that made it. */
export type CreateReply = Result<EndpointDetails & { readonly secret: string }, TargetRefusal>;
export type RotateReply = Result<EndpointDetails & { readonly secret: string }, Unknown>;
export type TestReply = Result<LoggedDelivery, Unknown>;
export type RetryReply = Result<
  LoggedDelivery,
  Unknown | { readonly reason: "unknown_delivery" } | { readonly reason: "endpoint_disabled" }
>;

/**
 * One receiver of webhooks: its settings, its signing secrets, and the schedule and log of its deliveries. One object per receiver, so that
 * one that is slow or dead delays nobody but itself. See docs/decisions/0008.
 */
export class WebhookEndpoint extends OperationsObject {
  readonly #endpoints: EndpointTable;
  readonly #deliveries: DeliveryTable;
  readonly #work: DueWork;
  readonly #outbox: Outbox;
  readonly #deliverer: Deliverer;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    const { storage } = ctx;
    this.#endpoints = new EndpointTable(storage);
    this.#deliveries = new DeliveryTable(storage);
    this.#work = new DueWork(storage, {
      ...outboxHandlers(queuesOf(env)),
      [DELIVER]: () => this.#deliverer.run(),
    });
    this.#outbox = new Outbox(this.#work);
    this.#deliverer = new Deliverer({
      storage,
      endpoints: this.#endpoints,
      deliveries: this.#deliveries,
      work: this.#work,
      policy: () => ({
        targets: this.#targets(),
        scale: Number(env.WEBHOOK_RETRY_SCALE),
        disableAfterMs: Number(env.WEBHOOK_DISABLE_AFTER_MS),
      }),
      disable: (endpoint, reason, now) => this.#disable(endpoint, reason, now),
    });
    if (exists(storage)) migrate(storage, WEBHOOK_ENDPOINT_STEPS);
  }

  /** Registers the receiver under an id that was made for it. The secret is told here and never again. */
  create(id: string, settings: EndpointSettings): CreateReply {
    const target = judgeTarget(settings.url, this.#targets());
    if (!target.ok) return target;
    const { storage } = this.ctx;
    const now = Date.now();
    migrate(storage, WEBHOOK_ENDPOINT_STEPS);
    if (this.#endpoints.load()) throw new Error(`endpoint ${id} exists already`);
    const secret = mintSecret();
    const row: Endpoint = {
      ...settings,
      id,
      url: target.value,
      events: [...settings.events],
      status: "enabled",
      failures: 0,
      failingSince: undefined,
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    const told = this.#work.transaction(() => {
      this.#endpoints.addSecret(secret, now, now);
      return this.#save(row, now);
    });
    this.ctx.waitUntil(this.#work.run([told]));
    return ok({ ...this.#details(row, now), secret });
  }

  details(): EndpointDetails | null {
    const endpoint = this.#load();
    return endpoint ? this.#details(endpoint, Date.now()) : null;
  }

  /** Enabling begins anew: what had failed before does not count against the receiver any more. */
  configure({ status, ...settings }: EndpointChange): ChangeReply {
    const before = this.#load();
    if (!before) return refuse({ reason: "unknown_endpoint" });
    const target = judgeTarget(settings.url ?? before.url, this.#targets());
    if (!target.ok) return target;
    const now = Date.now();
    const { reason: _reason, ...rest } = before;
    const isOff = (status ?? before.status) === "disabled";
    const row: Endpoint = {
      ...rest,
      url: target.value,
      events: [...(settings.events ?? before.events)],
      description: settings.description ?? before.description,
      status: isOff ? "disabled" : "enabled",
      ...(isOff && { reason: before.reason ?? "by_hand" }),
      ...(!isOff && before.status === "disabled" && { failures: 0, failingSince: undefined }),
      version: before.version + 1,
      updatedAt: now,
    };
    const told = this.#work.transaction(() => {
      if (isOff) this.#deliveries.endAll("endpoint_disabled", now);
      return this.#save(row, now);
    });
    this.ctx.waitUntil(this.#work.run([told]));
    return ok(this.#details(row, now));
  }

  /** A new secret; the one before it goes on signing beside it for `overlapMs`, so that the receiver can change over in its own time. */
  rotateSecret(overlapMs: number): RotateReply {
    const endpoint = this.#load();
    if (!endpoint) return refuse({ reason: "unknown_endpoint" });
    const now = Date.now();
    const secret = mintSecret();
    this.#work.transaction(() => this.#endpoints.addSecret(secret, now + overlapMs, now));
    return ok({ ...this.#details(endpoint, now), secret });
  }

  /** With everything it knew, secrets and log included. Answers whether there was one. */
  async remove(): Promise<boolean> {
    if (!this.#load()) return false;
    await erase(this.ctx.storage);
    return true;
  }

  /** Takes in what it wants of these events, each once. A receiver that is disabled or gone takes nothing. */
  accept(events: readonly WebhookEvent[]): { readonly added: number } {
    const endpoint = this.#load();
    if (endpoint?.status !== "enabled") return { added: 0 };
    const wanted = events.filter(({ type }) => wants(endpoint.events, type));
    const now = Date.now();
    const added = this.#work.transaction(() => {
      const isFull = wanted.length > 0 && this.#deliveries.isFull();
      const fresh = wanted.filter((event) => this.#deliveries.add(event, now, now));
      // Kept in the log, where a person finds them and can send them again.
      if (isFull) for (const { id } of fresh) this.#refuseFull(endpoint.id, id, now);
      this.#deliveries.prune(now, wanted.length * 2);
      if (fresh.length > 0) this.#deliverer.schedule(now);
      return fresh.length;
    });
    if (added > 0) this.ctx.waitUntil(this.#deliverer.run());
    return { added };
  }

  /** One attempt with an event made for it, now, whatever the filters and the status say. Does not count for or against the receiver. */
  async sendTest(event: WebhookEvent): Promise<TestReply> {
    if (!this.#load()) return refuse({ reason: "unknown_endpoint" });
    const now = Date.now();
    this.#deliveries.add(event, now, now);
    const delivery = this.#deliveries.findEvent(event.id);
    if (delivery) await this.#deliverer.tryOnce(delivery);
    const after = exists(this.ctx.storage) ? this.#deliveries.findEvent(event.id) : undefined;
    return after ? ok(this.#logged([after])[0] ?? { ...after, tried: [] }) : refuse({ reason: "unknown_endpoint" });
  }

  /** Sends it again, with a whole schedule before it, whether it failed, was delivered or still waits. */
  retry(seq: number): RetryReply {
    const endpoint = this.#load();
    if (!endpoint) return refuse({ reason: "unknown_endpoint" });
    if (!this.#deliveries.find(seq)) return refuse({ reason: "unknown_delivery" });
    if (endpoint.status === "disabled") return refuse({ reason: "endpoint_disabled" });
    const now = Date.now();
    // One that is being sent this moment is what was asked for.
    if (!this.#deliverer.isUnderWay(seq)) {
      this.#work.transaction(() => {
        this.#deliveries.reopen(seq, now);
        this.#deliverer.schedule(now);
      });
      this.ctx.waitUntil(this.#deliverer.run());
    }
    const [delivery] = this.deliveries({ limit: 1, before: seq + 1 });
    return delivery ? ok(delivery) : refuse({ reason: "unknown_delivery" });
  }

  deliveries(filter: {
    limit: number;
    before?: number | undefined;
    state?: DeliveryState | undefined;
  }): LoggedDelivery[] {
    return this.#load() ? this.#logged(this.#deliveries.list(filter)) : [];
  }

  override async alarm(): Promise<void> {
    if (exists(this.ctx.storage)) await this.#work.runDue(Date.now());
  }

  #load(): Endpoint | undefined {
    return exists(this.ctx.storage) ? this.#endpoints.load() : undefined;
  }

  #targets(): TargetPolicy {
    return this.env.WEBHOOK_TARGETS === "any" ? "any" : "public";
  }

  #details(endpoint: Endpoint, now: number): EndpointDetails {
    return { endpoint, secrets: this.#endpoints.secretInfo(now) };
  }

  #logged(rows: readonly Delivery[]): LoggedDelivery[] {
    const attempts = Map.groupBy(this.#deliveries.attemptsOf(rows.map(({ seq }) => seq)), ({ delivery }) => delivery);
    return rows.map(({ body: _body, ...row }) => ({ ...row, tried: attempts.get(row.seq) ?? [] }));
  }

  /** Saves the row and tells the registry, in the caller's transaction. Returns the work to run after it. */
  #save(endpoint: Endpoint, now: number): string {
    this.#endpoints.save(endpoint);
    const id = `endpoint.changed:${endpoint.id}:${endpoint.version}`;
    const told = this.#outbox.put(
      "notifications",
      { v: 1, type: "endpoint.changed", id, endpoint: summaryOf(endpoint) },
      now,
    );
    this.#work.arm();
    return told;
  }

  #refuseFull(endpointId: string, eventId: string, now: number): void {
    const delivery = this.#deliveries.findEvent(eventId);
    if (delivery) this.#deliveries.end(delivery.seq, "failed", "backlog_full", now);
    log("error", "webhook_backlog_full", { endpointId, eventId });
  }

  /** By the receiver's own word or by its silence. A person is told by the log, the API, and an event to the other endpoints. */
  #disable(endpoint: Endpoint, reason: "gone" | "failing", now: number): void {
    const { id, failingSince, failures } = endpoint;
    const row: Endpoint = { ...endpoint, status: "disabled", reason, version: endpoint.version + 1, updatedAt: now };
    this.#deliveries.endAll("endpoint_disabled", now);
    const changed = this.#save(row, now);
    const message = { v: 1, type: "endpoint.disabled", endpoint: summaryOf(row), failingSince, at: now } as const;
    const told = this.#outbox.put("notifications", { ...message, id: `endpoint.disabled:${id}:${row.version}` }, now);
    this.#work.arm();
    log("error", "webhook_endpoint_disabled", { endpointId: id, reason, failures, failingSince });
    // After the commit that this is part of: the rows are there by then, and the alarm has them too.
    this.ctx.waitUntil(Promise.resolve().then(() => this.#work.run([changed, told])));
  }
}

function summaryOf({ failures: _failures, failingSince: _since, ...summary }: Endpoint): EndpointSummary {
  return summary;
}
