import { randomFrom } from "../../../bench/events/random.ts";
import { deedsOf, shopperEvent } from "../../../bench/events/shopper-event.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import type { RejectReason } from "../../../src/domain/events/columns.ts";

export const DUPLICATES = ["same_batch", "other_batch", "after_restart", "hour_later"] as const;
export type DuplicateKind = (typeof DUPLICATES)[number];

/** What the shop must say of everything that was sent. */
export interface Books {
  received: number;
  applied: number;
  duplicate: number;
  late: number;
  rejected: number;
  readonly duplicates: Record<DuplicateKind, number>;
  readonly rejectedBy: Map<RejectReason, number>;
  /** Product views that count, by SKU. */
  readonly views: Map<string, number>;
}

export interface PlanOptions {
  readonly skus: readonly string[];
  readonly seed: number;
  readonly perRequest: number;
  /** Parts of all events, 0 to 1. */
  readonly shares: { readonly duplicate: number; readonly malformed: number; readonly late: number };
  /** Whether every event has an id, malformed or not, so that a request which is sent again changes nothing. */
  readonly identified?: boolean;
}

export interface PlannedRequest {
  readonly body: string;
  readonly events: number;
}

const VISITORS = 20_000;
const HOUR_MS = 3_600_000;
const LATE_MS = 25 * HOUR_MS;
/** Events that may be sent a second time: the newest, and as many of before the restart and of an hour ago. */
const KEPT = 4_000;
/** Part of all events that happened an hour ago by their client's clock, so that there is something to repeat. */
const OLD_SHARE = 0.05;

type Json = Readonly<Record<string, unknown>>;

/** Each with the one reason it must be rejected for. The event that is changed would be fine. */
const MALFORMED: readonly { readonly reason: RejectReason; readonly spoil: (event: Json) => unknown }[] = [
  { reason: "not_an_object", spoil: () => "Product Viewed" },
  { reason: "unknown_type", spoil: (event) => ({ ...event, type: "tracked" }) },
  { reason: "missing_event_name", spoil: (event) => ({ ...event, type: "track", event: undefined }) },
  { reason: "missing_user", spoil: (event) => ({ ...event, anonymousId: undefined }) },
  {
    reason: "invalid_message_id",
    spoil: (event) => ({ ...event, messageId: String(event["messageId"]).padEnd(LIMITS.messageIdChars + 1, "-") }),
  },
  { reason: "invalid_timestamp", spoil: (event) => ({ ...event, timestamp: "the other day" }) },
  {
    reason: "invalid_properties",
    spoil: (event) => ({ ...event, type: "track", event: "Product Viewed", properties: "none" }),
  },
];

/** A stream of requests with a known part of trouble, and the books that the shop has to arrive at. The same seed makes the same stream. */
export class Plan {
  readonly books: Books = {
    received: 0,
    applied: 0,
    duplicate: 0,
    late: 0,
    rejected: 0,
    duplicates: { same_batch: 0, other_batch: 0, after_restart: 0, hour_later: 0 },
    rejectedBy: new Map(),
    views: new Map(),
  };
  readonly #options: PlanOptions;
  readonly #random: () => number;
  readonly #deed: ReturnType<typeof deedsOf>;
  #count = 0;
  readonly #sent: Record<Exclude<DuplicateKind, "same_batch">, string[]> = {
    other_batch: [],
    after_restart: [],
    hour_later: [],
  };

  constructor(options: PlanOptions) {
    this.#options = options;
    this.#random = randomFrom(options.seed);
    this.#deed = deedsOf(options.skus, this.#random);
  }

  /** From now on events that were sent until now are "from before the restart". */
  restarted(): void {
    this.#sent.after_restart = [...this.#sent.other_batch];
  }

  next(now: number): PlannedRequest {
    const { perRequest } = this.#options;
    const fresh: string[] = [];
    const batch: string[] = [];
    while (batch.length < perRequest) batch.push(this.#event(now, fresh));
    this.books.received += perRequest;
    this.#remember("other_batch", fresh);
    return { body: `{"batch":[${batch.join(",")}],"sentAt":"${iso(now)}"}`, events: perRequest };
  }

  /** One view of this product, by somebody who was never seen before. */
  view(sku: string, now: number): PlannedRequest {
    this.books.received += 1;
    this.books.applied += 1;
    this.books.views.set(sku, (this.books.views.get(sku) ?? 0) + 1);
    const id = `drill-${this.#options.seed}-${this.#count++}`;
    const identity = { messageId: id, anonymousId: id, timestamp: iso(now) };
    const event = shopperEvent({ type: "track", event: "Product Viewed", sku, quantity: 1 }, identity);
    return { body: JSON.stringify({ batch: [event], sentAt: iso(now) }), events: 1 };
  }

  /** `fresh`: the events of this request that count; the new one is added when it does. */
  #event(now: number, fresh: string[]): string {
    const { malformed, duplicate, late } = this.#options.shares;
    const at = this.#random();
    if (at < malformed) return this.#malformed(now);
    if (at < malformed + duplicate) return this.#duplicate(fresh) ?? this.#applied(now, fresh);
    if (at < malformed + duplicate + late) return this.#late(now);
    return this.#applied(now, fresh);
  }

  #applied(now: number, fresh: string[]): string {
    this.books.applied += 1;
    const isOld = this.#random() < OLD_SHARE;
    const { event, sku } = this.#fresh(isOld ? now - HOUR_MS : now);
    if (event["event"] === "Product Viewed") this.books.views.set(sku, (this.books.views.get(sku) ?? 0) + 1);
    const text = JSON.stringify(event);
    if (isOld) this.#remember("hour_later", [text]);
    else fresh.push(text);
    return text;
  }

  #malformed(now: number): string {
    const kinds = MALFORMED.filter(({ reason }) => !this.#options.identified || reason !== "not_an_object");
    const kind = kinds[Math.floor(this.#random() * kinds.length)];
    if (!kind) throw new Error("a random number is below 1");
    this.books.rejected += 1;
    this.books.rejectedBy.set(kind.reason, (this.books.rejectedBy.get(kind.reason) ?? 0) + 1);
    return JSON.stringify(kind.spoil(this.#fresh(now).event));
  }

  #late(now: number): string {
    this.books.late += 1;
    return JSON.stringify(this.#fresh(now - LATE_MS).event);
  }

  /** `undefined` when nothing was sent yet that could come again. */
  #duplicate(fresh: readonly string[]): string | undefined {
    const sources = { ...this.#sent, same_batch: fresh };
    const kinds = DUPLICATES.filter((kind) => sources[kind].length > 0);
    const kind = kinds[Math.floor(this.#random() * kinds.length)];
    if (!kind) return undefined;
    this.books.duplicate += 1;
    this.books.duplicates[kind] += 1;
    return sources[kind][Math.floor(this.#random() * sources[kind].length)];
  }

  #fresh(happenedAt: number): { readonly event: Json; readonly sku: string } {
    const deed = this.#deed();
    const visitor = Math.floor(this.#random() * VISITORS);
    const identity = {
      messageId: `drill-${this.#options.seed}-${this.#count++}`,
      anonymousId: `visitor-${visitor}`,
      timestamp: iso(happenedAt),
    };
    return { event: { ...shopperEvent(deed, identity) }, sku: deed.sku };
  }

  /** The newest push out the oldest. */
  #remember(kind: "other_batch" | "hour_later", events: readonly string[]): void {
    const kept = this.#sent[kind];
    kept.push(...events);
    if (kept.length > 2 * KEPT) kept.splice(0, kept.length - KEPT);
  }
}

const iso = (at: number): string => new Date(at).toISOString();
