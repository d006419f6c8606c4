import type { Intake } from "../../domain/events/intake.ts";
import { type BatchHead, MESSAGE_BYTES_MAX } from "../../domain/events/pack.ts";
import type { QueueMessages } from "../../domain/messages.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { log } from "../../platform/log.ts";
import { bytesOf, sendSized, type SizedMessage } from "../../platform/queue-send.ts";

type Message = QueueMessages["events"];
export type EventsQueue = Pick<Queue<Message>, "send" | "sendBatch">;
type Unsent = { readonly reason: "overloaded" | "dependency_unavailable"; readonly detail: string };

/** What the platform says when a queue gets more than it takes. */
const OVERLOADED = /overload|too many|throughput|rate.?limit|\b429\b/i;

/**
 * Hands everything of a request to the queue, in one call whenever it fits, so that nothing is half taken. When the answer does not come in
 * time it may have been taken all the same; the client sends it again, and the shards know the ids (pitfall 22).
 */
export async function sendIntake(queue: EventsQueue, intake: Intake, head: BatchHead): Promise<Result<true, Unsent>> {
  const messages: SizedMessage<Message>[] = [
    ...intake.rows.batches(head).map((body) => ({ body, contentType: "v8" as const, bytes: MESSAGE_BYTES_MAX })),
    ...intake.reports.map((body) => ({ body, contentType: "json" as const, bytes: bytesOf(body) })),
  ];
  try {
    await sendSized(queue, messages);
    return ok(true);
  } catch (error) {
    const text = String(error);
    log("error", "events_not_queued", { requestId: head.requestId, source: head.source, error: text });
    const detail = "The events could not be taken in just now; send them again.";
    return refuse({ reason: OVERLOADED.test(text) ? "overloaded" : "dependency_unavailable", detail });
  }
}
