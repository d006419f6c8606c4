import type { Order, OrderEvent, OrderState } from "../../src/domain/order-record.ts";
import { log } from "../../src/platform/log.ts";
import { meter } from "../../src/platform/meter.ts";

/** One line and one point per transition. Sampled by the platform: never the truth. */
export function tellOfMove(
  points: AnalyticsEngineDataset,
  cause: OrderEvent["type"],
  from: OrderState,
  order: Order,
  now: number,
): void {
  const { id: orderId, requestId, state, version, currency, totals, placedAt } = order;
  if (state === "paid" && from !== "paid") meter.add("done.order");
  log("info", "order_event", { orderId, requestId, cause, from, to: state, version });
  points.writeDataPoint({
    indexes: [orderId],
    blobs: [cause, from, state, currency],
    doubles: [totals.total, now - placedAt, version],
  });
}
