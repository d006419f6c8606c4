import type { QueueName } from "../messages.ts";
import type { Area } from "./counts.ts";

/** What each class of objects is for, by the name of its binding. A test holds it to the configuration. */
export const OBJECT_AREAS: Readonly<Record<string, Area>> = {
  CART: "commerce",
  STOCK: "commerce",
  ORDER: "commerce",
  PAYMENT_THROTTLE: "commerce",
  FLAG_COORDINATOR: "commerce",
  EVENT_SHARD: "analytics",
  PRODUCT_METRICS: "analytics",
  EVENT_SPILL: "analytics",
  LIVE_BOARD: "operations",
  ALERT_BOOK: "operations",
  PIPELINE_COORDINATOR: "operations",
  DEAD_LETTERS: "operations",
  WEBHOOK_ENDPOINT: "operations",
  COST_BOOK: "operations",
};

/** The facts that orders send to `events` are counted there: they are few beside what browsers send. */
export const QUEUE_AREAS: Readonly<Record<QueueName, Area>> = {
  orders: "commerce",
  payments: "commerce",
  notifications: "operations",
  events: "analytics",
};

/** Others are for what ran out of retries. */
export const isQueueName = (name: string): name is QueueName => Object.hasOwn(QUEUE_AREAS, name);

const TRACKING_PATH = /^\/(?:v1\/(?:batch|import|track|page|identify|screen|group|alias|projects|[a-z])(?:\/|$)|mp\/)/;
const OPERATOR_PATH = /^\/(?:admin|ops|healthz|readyz)(?:\/|$)/;

/** What a request to the front door is for. */
export function areaOfPath(pathname: string): Area {
  if (TRACKING_PATH.test(pathname)) return "analytics";
  return OPERATOR_PATH.test(pathname) ? "operations" : "commerce";
}
