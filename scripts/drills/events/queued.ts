import { deserialize } from "node:v8";
import * as z from "zod";
import type { QueuedMessage } from "../../../bench/runtime/queues/broker.ts";

/** The runtime's own serialisation is V8's, which Node reads. */
const packedSchema = z.object({ id: z.string(), kind: z.instanceof(Uint8Array) });

/** Counts the events in all batches that a queue took, each batch once. */
export class QueuedEvents {
  events = 0;
  readonly #seen = new Set<string>();

  see(queue: string, { contentType, body }: Pick<QueuedMessage, "contentType" | "body">): void {
    if (queue !== "events" || contentType !== "v8") return;
    const { id, kind } = packedSchema.parse(deserialize(body));
    // A dead letter that is replayed is a new message with an old batch.
    if (!this.#seen.has(id)) this.events += kind.length;
    this.#seen.add(id);
  }
}
