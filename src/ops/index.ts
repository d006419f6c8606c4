import { app } from "./app.ts";
import { storeDeadLetters } from "./consumer.ts";

/** The admin API behind the storefront, and the consumer of what ran out of retries. */
export default {
  fetch: app.fetch,
  queue: storeDeadLetters,
} satisfies ExportedHandler<OpsEnv>;
