import { PIPELINE } from "../domain/pipeline/stages.ts";
import { metered } from "../platform/metered.ts";
import { StageWatch } from "../platform/stage-watch.ts";
import { app } from "./app.ts";
import { consumePayments } from "./consumer.ts";
import { paymentContext, reportCalls } from "./context.ts";

export { PaymentsService } from "./service.ts";

const stage = new StageWatch("payments", "payments");

/** Stripe's webhooks, behind the storefront, and the consumer of what is to be charged, refunded, canceled. */
export default metered({ home: "commerce" }, {
  fetch: app.fetch,
  async queue(batch, env, ctx) {
    const oldest = Math.min(...batch.messages.map((message) => message.timestamp.getTime()));
    const calls = batch.messages.length;
    const { backlogCount: behind } = batch.metadata.metrics;
    const sight = { calls, waitedMs: Math.max(0, Date.now() - oldest), behind };
    const context = paymentContext(env, calls, sight);
    await consumePayments(stage.over(batch), context);
    ctx.waitUntil(reportCalls(env, context));
    ctx.waitUntil(stage.tell(env.PIPELINE_COORDINATOR.getByName(PIPELINE)));
  },
} satisfies ExportedHandler<PaymentsEnv>);
