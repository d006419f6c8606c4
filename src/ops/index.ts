import { PIPELINE } from "../domain/pipeline/stages.ts";
import { shopQueue } from "../domain/queue-names.ts";
import { metered } from "../platform/metered.ts";
import { StageWatch } from "../platform/stage-watch.ts";
import { app } from "./app.ts";
import { storeDeadLetters } from "./consumer.ts";
import { notify } from "./webhooks/notify.ts";

const alerting = new StageWatch("alert", "ops");

/** The admin API behind the storefront, the consumer of what ran out of retries, and the one that tells other systems. */
export default metered({ home: "operations" }, {
  fetch: app.fetch,
  async queue(batch, env, ctx) {
    if (shopQueue(batch.queue) !== "notifications") return storeDeadLetters(batch, env);
    await notify(alerting.over(batch), env);
    ctx.waitUntil(alerting.tell(env.PIPELINE_COORDINATOR.getByName(PIPELINE)));
  },
} satisfies ExportedHandler<OpsEnv>);
