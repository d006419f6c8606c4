export { AlertBook } from "./alert-book/alert-book.ts";
export { Cart } from "./cart/cart.ts";
export { CostBook } from "./cost-book/cost-book.ts";
export { DeadLetters } from "./dead-letters/dead-letters.ts";
export { EventShard } from "./event-shard/event-shard.ts";
export { EventSpill } from "./event-spill/event-spill.ts";
export { LiveBoard } from "./live-board/live-board.ts";
export { FlagCoordinator } from "./flag-coordinator/flag-coordinator.ts";
export { Order } from "./order/order.ts";
export { PaymentThrottle } from "./payment-throttle/payment-throttle.ts";
export { PipelineCoordinator } from "./pipeline-coordinator/pipeline-coordinator.ts";
export { ProductMetrics } from "./product-metrics/product-metrics.ts";
export { Stock } from "./stock/stock.ts";
export { WebhookEndpoint } from "./webhook-endpoint/webhook-endpoint.ts";

/** This Worker only hosts objects; nothing reaches it over HTTP. */
export default {
  fetch: () => new Response(null, { status: 404 }),
} satisfies ExportedHandler<ObjectsEnv>;
