import { PIPELINE } from "../domain/pipeline/stages.ts";
import { metered } from "../platform/metered.ts";
import { StageWatch } from "../platform/stage-watch.ts";
import { consumeOrders } from "./consumer.ts";

const stage = new StageWatch("orders", "orders");

export default metered({ home: "commerce" }, {
  fetch: (request) => {
    const isHealth = new URL(request.url).pathname === "/healthz";
    return isHealth ? Response.json({ status: "ok" }) : new Response(null, { status: 404 });
  },
  async queue(batch, env, ctx) {
    await consumeOrders(stage.over(batch), { db: env.DB, order: (orderId) => env.ORDER.getByName(orderId) });
    ctx.waitUntil(stage.tell(env.PIPELINE_COORDINATOR.getByName(PIPELINE)));
  },
} satisfies ExportedHandler<OrdersEnv>);
