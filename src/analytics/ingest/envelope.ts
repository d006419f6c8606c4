import * as z from "zod";
import { isJson } from "../../domain/events/ecommerce.ts";
import { eventsOfMeasurement } from "../../domain/events/ga4.ts";
import { LIMITS } from "../../domain/limits.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { Refused } from "./answers.ts";
import type { TrackingRoute } from "./routes.ts";

/** What a body holds, before any event is looked at. */
export interface Envelope {
  readonly events: readonly unknown[];
  /** The client's time of sending, as it was sent. */
  readonly sentAt: unknown;
}

const batchSchema = z.object({ batch: z.array(z.unknown()) });

/** Only what makes the whole request unusable is refused here: a bad event is none of its business. */
export function envelopeOf(route: TrackingRoute, body: unknown): Result<Envelope, Refused> {
  if (!isJson(body)) return refuse({ reason: "malformed_batch", detail: "The body has to be a JSON object." });
  const sentAt = body["sentAt"];
  if (route.kind === "single") return ok({ events: [body], sentAt });
  const isBatch = route.kind === "batch";
  const events = isBatch ? batchSchema.safeParse(body).data?.batch : eventsOfMeasurement(body);
  if (events === undefined) {
    return refuse({ reason: "malformed_batch", detail: `\`${isBatch ? "batch" : "events"}\` has to be an array.` });
  }
  const limit = LIMITS.eventsPerBatch;
  if (events.length > limit) {
    return refuse({ reason: "too_many_events", detail: `A request may have at most ${limit} events.`, limit });
  }
  return ok({ events, sentAt });
}
