import * as z from "zod";
import { LIMITS } from "../limits.ts";
import { REJECT_REASONS } from "./columns.ts";
import { EVENT_TYPES } from "./read.ts";

/**
 * The tracking API as it is documented. Requests are not validated with this: one bad event would then refuse its batch, and at ingest's
 * rate a schema per event is what the time would be spent on (docs/decisions/0014). `readEvent` is what decides.
 */
const id = z.union([z.string(), z.number()]);
const time = z
  .string()
  .meta({ description: "RFC 3339, by the client's own clock", example: "2026-11-27T08:00:00.000Z" });

const eventFields = {
  messageId: z
    .string()
    .max(LIMITS.messageIdChars)
    .optional()
    .meta({ description: "The same in every retry, so that the event is counted once within 24 hours" }),
  anonymousId: id.optional().meta({ description: "Who did it; `userId` will do as well, one of them is needed" }),
  userId: id.optional(),
  timestamp: time.optional().meta({ description: "When it happened; without it, when it arrived" }),
  event: z.string().optional().meta({ description: "The name, for `track`", example: "Product Viewed" }),
  properties: z
    .looseObject({})
    .optional()
    .meta({ example: { sku: "TIDE-SERUM-30", quantity: 1 } }),
  context: z.looseObject({}).optional(),
  traits: z.looseObject({}).optional(),
};
const envelope = {
  sentAt: time
    .optional()
    .meta({ description: "When it was sent, by the same clock: the difference corrects `timestamp`" }),
  writeKey: z.string().optional().meta({ description: "Only where no header can be sent" }),
};

export const trackedEventSchema = z.looseObject({ ...eventFields, ...envelope }).meta({ id: "TrackedEvent" });
export const trackedBatchSchema = z
  .object({
    batch: z.array(z.looseObject({ type: z.enum(EVENT_TYPES), ...eventFields })).max(LIMITS.eventsPerBatch),
    ...envelope,
  })
  .meta({ id: "TrackedBatch" });
export const trackedSchema = z
  .object({
    success: z.literal(true),
    rejected: z
      .partialRecord(z.enum(REJECT_REASONS), z.int().min(1))
      .optional()
      .meta({ description: "Events that were not understood, by reason; absent when all were" }),
  })
  .meta({ id: "Tracked" });
