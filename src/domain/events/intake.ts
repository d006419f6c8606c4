import type { RejectReason } from "./columns.ts";
import { eventTime, stampOf } from "./clock.ts";
import { KIND } from "./ecommerce.ts";
import { hash64 } from "./hash.ts";
import { type OrderReport, reportOf } from "./order-report.ts";
import { EventRows } from "./pack.ts";
import { emptyReading, type EventType, type Reading, readEvent } from "./read.ts";

/** The events of one request, and what is known of all of them. */
export interface Delivery {
  readonly events: readonly unknown[];
  /** By their index: larger than an event may be. */
  readonly oversized: ReadonlySet<number>;
  /** Of the path, where it names one. */
  readonly type: EventType | undefined;
  /** Of the envelope, as it was sent. */
  readonly sentAt: unknown;
  readonly receivedAt: number;
  readonly requestId: string | undefined;
  /** Sent from a page that the write key does not allow. */
  readonly foreignOrigin: boolean;
  /** The source of a secret key, whose word on orders counts; `undefined` for a public one. */
  readonly reporter: string | undefined;
  readonly currency: string;
}

export interface Rejects {
  readonly count: number;
  /** The first of them, to show. */
  readonly sample: unknown;
}

export interface Intake {
  readonly rows: EventRows;
  readonly reports: readonly OrderReport[];
  readonly rejects: ReadonlyMap<RejectReason, Rejects>;
}

/**
 * Turns what was sent into rows, one for every event: what cannot be used becomes a row that says why, and never touches its neighbours
 * (an SDK drops a refused batch for ever). `random` gives 32 random bits, for events without an id of their own.
 */
export function takeIn(delivery: Delivery, random: () => number): Intake {
  const { events, oversized, type, receivedAt } = delivery;
  const rows = new EventRows(events.length);
  const reports: OrderReport[] = [];
  const rejects = new Map<RejectReason, { count: number; readonly sample: unknown }>();
  const reading = emptyReading();
  const envelopeSentAt = stampOf(delivery.sentAt) || 0;
  let visitor = "";
  let visitorHash = NOBODY;
  for (let i = 0; i < events.length; i++) {
    const event = events[i];
    let reason = readEvent(event, type, reading);
    if (oversized.has(i)) reason = "too_large";
    if (delivery.foreignOrigin) reason = "origin_not_allowed";
    let at = eventTime(reading.stamp, envelopeSentAt || reading.sentAt, receivedAt);
    if (reason === undefined && reading.money !== undefined && delivery.reporter !== undefined) {
      const report = reported(event, reading, at, delivery.reporter, delivery);
      if (report === undefined) reason = "invalid_properties";
      else reports.push(report);
    }
    if (reason !== undefined) {
      at = receivedAt;
      markRejected(reading, reason);
      const known = rejects.get(reason);
      if (known === undefined) rejects.set(reason, { count: 1, sample: event });
      else known.count++;
    }
    const id = reading.messageId === "" ? { high: random(), low: random() } : hash64(reading.messageId);
    // The events of one request are mostly of one visitor.
    if (reading.visitor !== visitor) {
      visitor = reading.visitor;
      visitorHash = visitor === "" ? NOBODY : hash64(visitor);
    }
    // Who is nobody would all meet in one shard; their events are spread by their ids, which a retry repeats.
    rows.add(id, visitor === "" ? id : visitorHash, reading, at);
  }
  return { rows, reports, rejects };
}

const NOBODY = { high: 0, low: 0 };

function markRejected(reading: Reading, reason: RejectReason): void {
  reading.kind = KIND.rejected;
  reading.label = reason;
  reading.quantity = 0;
}

function reported(
  event: unknown,
  { money, visitor }: Reading,
  at: number,
  source: string,
  { requestId, currency }: Delivery,
): OrderReport | undefined {
  return money && reportOf(event, { money, source, visitor, at, requestId, currency });
}
