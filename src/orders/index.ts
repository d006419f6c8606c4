import { consumeOrders } from "./consumer.ts";

export default {
  fetch: (request) => {
    const isHealth = new URL(request.url).pathname === "/healthz";
    return isHealth ? Response.json({ status: "ok" }) : new Response(null, { status: 404 });
  },
  queue: (batch, env) => consumeOrders(batch, { db: env.DB, order: (orderId) => env.ORDER.getByName(orderId) }),
} satisfies ExportedHandler<OrdersEnv>;
