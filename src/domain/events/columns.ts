import * as z from "zod";
import { LIMITS } from "../limits.ts";

/** What an event is to us. The order is the wire format: only append. */
export const EVENT_KINDS = [
  /** Counted, and a sign of life of its visitor, but no figure is made of it. */
  "other",
  "view",
  "add",
  "remove",
  "checkout",
  "purchase",
  /** Was not understood; its label is the reason. */
  "rejected",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** Why an event was not understood. */
export const REJECT_REASONS = [
  "not_an_object",
  "too_large",
  "unknown_type",
  "missing_event_name",
  "missing_user",
  "invalid_message_id",
  "invalid_timestamp",
  "invalid_properties",
  "origin_not_allowed",
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

export const NO_LABEL = 0xffff;

/**
 * Shopper events of one request, in columns: row i of every array is event i. Typed arrays cross queues (`contentType: "v8"`), RPC and
 * storage as they are, so an event is never turned into an object again once it was validated; ids and visitors travel as 64-bit hashes, so no
 * personal data is in the queue. 37 bytes an event.
 */
export interface EventBatch {
  readonly v: 1;
  readonly type: "events.batch";
  /** Of the request: `evt_` and a UUIDv7. A message that is delivered again is recognised by it as a whole. */
  readonly id: string;
  readonly requestId?: string | undefined;
  /** UTC ms, of the request. */
  readonly receivedAt: number;
  /** The id of the write key. */
  readonly source: string;
  /** SKUs of product events and reasons of rejected ones; `label` points in here. */
  readonly labels: readonly string[];
  /** 64-bit hash of the message id, in two halves. An event without a message id has a random one. */
  readonly idHigh: Uint32Array;
  readonly idLow: Uint32Array;
  /** 64-bit hash of who did it (anonymous id, else user id). */
  readonly visitorHigh: Uint32Array;
  readonly visitorLow: Uint32Array;
  /**
   * The client's own `timestamp` in UTC ms as it was sent, or 0 when there was none. Unlike `at` it is the same in every retry of an event, so the
   * place where an id is looked up can depend on it.
   */
  readonly stamp: Float64Array;
  /** When it happened: UTC ms, corrected for the client's clock, never later than `receivedAt`. */
  readonly at: Float64Array;
  /** Index into `EVENT_KINDS`. */
  readonly kind: Uint8Array;
  /** Index into `labels`, or `NO_LABEL`. */
  readonly label: Uint16Array;
  /** Units, for adds and removals; else 0. */
  readonly quantity: Uint16Array;
}

/**
 * Whether a value is a batch, without a word about what is wrong when it is not. `eventBatchSchema` says that; for every message that is right it
 * would cost more than all the rest of its way.
 */
export function isEventBatch(value: unknown): value is EventBatch {
  if (typeof value !== "object" || value === null) return false;
  // SAFETY: every field that is used is looked at.
  const batch = value as { readonly [Key in keyof EventBatch]: unknown };
  if (batch.type !== "events.batch" || batch.v !== 1 || !(batch.kind instanceof Uint8Array)) return false;
  const rows = batch.kind.length;
  const hasRows = (column: unknown, type: ColumnType): boolean => column instanceof type && column.length === rows;
  return (
    rows <= LIMITS.eventsPerBatch &&
    hasRows(batch.idHigh, Uint32Array) &&
    hasRows(batch.idLow, Uint32Array) &&
    hasRows(batch.visitorHigh, Uint32Array) &&
    hasRows(batch.visitorLow, Uint32Array) &&
    hasRows(batch.stamp, Float64Array) &&
    hasRows(batch.at, Float64Array) &&
    hasRows(batch.label, Uint16Array) &&
    hasRows(batch.quantity, Uint16Array) &&
    isText(batch.id, 200) &&
    isText(batch.source, 64) &&
    typeof batch.receivedAt === "number" &&
    batch.receivedAt >= 0 &&
    Array.isArray(batch.labels) &&
    batch.labels.length <= NO_LABEL &&
    batch.labels.every((label) => typeof label === "string" && label.length <= LIMITS.skuChars)
  );
}

type ColumnType = typeof Uint32Array | typeof Float64Array | typeof Uint16Array;

const isText = (value: unknown, max: number): boolean =>
  typeof value === "string" && value.length >= 1 && value.length <= max;

const rows = LIMITS.eventsPerBatch;
const uint32 = z.instanceof(Uint32Array);

/** Checks a batch where it comes out of a queue: that the columns are there and equally long. */
export const eventBatchSchema = z
  .object({
    v: z.literal(1),
    type: z.literal("events.batch"),
    id: z.string().min(1).max(200),
    requestId: z.string().max(LIMITS.requestIdChars).optional(),
    receivedAt: z.int().min(0),
    source: z.string().min(1).max(64),
    labels: z.array(z.string().max(LIMITS.skuChars)).max(NO_LABEL),
    idHigh: uint32,
    idLow: uint32,
    visitorHigh: uint32,
    visitorLow: uint32,
    stamp: z.instanceof(Float64Array),
    at: z.instanceof(Float64Array),
    kind: z.instanceof(Uint8Array),
    label: z.instanceof(Uint16Array),
    quantity: z.instanceof(Uint16Array),
  })
  .refine(
    (batch) =>
      batch.kind.length <= rows &&
      [
        batch.idHigh,
        batch.idLow,
        batch.visitorHigh,
        batch.visitorLow,
        batch.stamp,
        batch.at,
        batch.label,
        batch.quantity,
      ].every((column) => column.length === batch.kind.length),
    { error: `columns must be equally long, and at most ${rows} events` },
  ) satisfies z.ZodType<EventBatch>;
