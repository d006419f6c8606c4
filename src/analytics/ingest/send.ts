import type { EventBatch } from "../../domain/events/columns.ts";
import type { OrderReport } from "../../domain/events/order-report.ts";
import { mergeBatches } from "../../domain/events/merge.ts";
import { bytesOfRows, ENVELOPE_BYTES } from "../../domain/events/pack.ts";
import type { QueueMessages } from "../../domain/messages.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { log } from "../../platform/log.ts";
import { bytesOf, sendSized, type SizedMessage } from "../../platform/queue-send.ts";

type Message = QueueMessages["events"];
export type EventsQueue = Pick<Queue<Message>, "send" | "sendBatch">;
export type Sent = Result<true, { readonly reason: "overloaded" | "dependency_unavailable"; readonly detail: string }>;

/** What one or several requests have for the queue. */
export interface Parcel {
  readonly batches: readonly EventBatch[];
  readonly reports: readonly OrderReport[];
}

/** What the platform says when a queue gets more than it takes. */
const OVERLOADED = /overload|too many|throughput|rate.?limit|\b429\b/i;

export const TRY_AGAIN = "The events could not be taken in just now; send them again.";

/**
 * Hands a parcel to the queue, in one call whenever it fits, so that nothing is half taken. When the answer does not come in time it may
 * have been taken all the same; the client sends it again, and the shards know the ids (pitfall 22).
 */
export async function sendParcel(queue: EventsQueue, { batches, reports }: Parcel): Promise<Sent> {
  const messages: SizedMessage<Message>[] = [
    ...mergeBatches(batches).map((body) => ({
      body,
      contentType: "v8" as const,
      bytes: ENVELOPE_BYTES + bytesOfRows(body),
    })),
    ...reports.map((body) => ({ body, contentType: "json" as const, bytes: bytesOf(body) })),
  ];
  try {
    await sendSized(queue, messages);
    return ok(true);
  } catch (error) {
    const text = String(error);
    log("error", "events_not_queued", { requestId: batches[0]?.requestId, batches: batches.length, error: text });
    return refuse({ reason: OVERLOADED.test(text) ? "overloaded" : "dependency_unavailable", detail: TRY_AGAIN });
  }
}
