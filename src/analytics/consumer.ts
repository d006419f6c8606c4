import { eventsMessageSchema } from "../domain/messages.ts";
import { log } from "../platform/log.ts";
import { parseBatch, retryAfterSeconds } from "../platform/queue-batch.ts";
import { recordFacts } from "./facts.ts";

/**
 * Takes in a batch of facts with one D1 transaction. They are acknowledged together, after it: "seen" is only ever recorded with the
 * effect, and a batch that comes again changes nothing.
 */
export async function consumeFacts(batch: MessageBatch, env: AnalyticsEnv): Promise<void> {
  const deliveries = parseBatch(batch, eventsMessageSchema);
  if (deliveries.length === 0) return;
  try {
    const facts = deliveries.map(({ body }) => body);
    const { counted, pruned } = await recordFacts(env.DB, facts, Date.now());
    for (const { message } of deliveries) message.ack();
    log("info", "facts_recorded", { received: facts.length, counted, duplicates: facts.length - counted, pruned });
  } catch (error) {
    log("error", "facts_not_recorded", { received: deliveries.length, error: String(error) });
    for (const { message } of deliveries) message.retry({ delaySeconds: retryAfterSeconds(message.attempts) });
  }
}
