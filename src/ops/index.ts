import { app } from "./app.ts";
import { storeDeadLetters } from "./consumer.ts";
import { notify } from "./webhooks/notify.ts";

/** The admin API behind the storefront, the consumer of what ran out of retries, and the one that tells other systems. */
export default {
  fetch: app.fetch,
  queue: (batch, env) => (batch.queue === "notifications" ? notify(batch, env) : storeDeadLetters(batch, env)),
} satisfies ExportedHandler<OpsEnv>;
