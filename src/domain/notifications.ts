import * as z from "zod";
import type { AlertTold } from "./alerts/alert.ts";
import { type AlertMetric, METRICS, SEVERITIES } from "./alerts/metrics.ts";
import { LIMITS } from "./limits.ts";
import { currency, head, orderId, time, units } from "./messages.ts";
import { type Order, ORDER_STATES } from "./order-record.ts";

/** What the shop's other systems can be told. `endpoint.test` is only ever sent on request. */
export const WEBHOOK_EVENTS = [
  "order.paid",
  "order.expired",
  "order.canceled",
  "order.refunded",
  "order.fulfilled",
  "stock.low",
  "alert.fired",
  "alert.cleared",
  "endpoint.disabled",
  "endpoint.test",
] as const;

const FAMILIES = new Set(WEBHOOK_EVENTS.map((type) => type.split(".")[0]));

/** `*`, a family such as `order.*`, or the name of one event. */
export const isEventFilter = (text: string): boolean =>
  text === "*" ||
  WEBHOOK_EVENTS.some((type) => type === text) ||
  (text.endsWith(".*") && FAMILIES.has(text.slice(0, -2)));

export const wants = (filters: readonly string[], type: string): boolean =>
  filters.some((filter) => filter === "*" || filter === type || filter === `${type.split(".")[0]}.*`);

const line = z.object({
  sku: z.string().max(LIMITS.skuChars),
  name: z.string().max(LIMITS.nameChars),
  quantity: units,
  unitPrice: units,
});

/** Ids, amounts and lines; not the customer: whoever may know them asks the admin API with a key of their own. */
const orderEvent = z.object({
  ...head,
  type: z.enum(["order.paid", "order.expired", "order.canceled", "order.refunded", "order.fulfilled"]),
  order: z.object({
    id: orderId,
    number: z.string().max(32),
    status: z.enum(ORDER_STATES),
    cartId: z.string().max(64),
    currency,
    total: units,
    captured: units,
    refunded: units,
    lines: z.array(line).max(LIMITS.linesPerCart),
    version: z.int().min(1),
    placedAt: time,
  }),
  at: time,
});
export type OrderNotification = z.infer<typeof orderEvent>;

const endpoint = z.object({
  id: z.string().max(64).startsWith("we_"),
  url: z.string().max(LIMITS.urlChars),
  events: z.array(z.string().max(LIMITS.nameChars)).max(LIMITS.webhookFilters),
  description: z.string().max(LIMITS.nameChars),
  status: z.enum(["enabled", "disabled"]),
  reason: z.string().max(LIMITS.textChars).optional(),
  version: z.int().min(1),
  createdAt: time,
  updatedAt: time,
});
/** An endpoint as its object tells of it; the row of the registry. */
export type EndpointSummary = z.infer<typeof endpoint>;

/** An alert as it was decided; `test` when somebody only wanted to see whether it arrives. */
const alert = z.object({
  id: z.string().max(64),
  rule: z.object({
    id: z.string().max(64),
    version: z.int().min(0),
    name: z.string().max(LIMITS.nameChars),
    metric: z.enum(Object.keys(METRICS) as [AlertMetric, ...AlertMetric[]]),
    comparator: z.enum(["below", "above"]),
    threshold: z.number(),
    clear: z.number(),
    severity: z.enum(SEVERITIES),
  }),
  subject: z.object({
    kind: z.enum(["shop", "product", "category", "flag"]),
    key: z.string().max(LIMITS.nameChars),
    name: z.string().max(LIMITS.nameChars),
  }),
  /** Null when the rule ended, or the product is no longer sold, and not the breach. */
  value: z.number().nullable(),
  worst: z.number(),
  since: time,
  firedAt: time,
  test: z.boolean().optional(),
});

export const notificationsMessageSchema = z.discriminatedUnion("type", [
  orderEvent,
  z.object({
    ...head,
    type: z.literal("stock.low"),
    sku: z.string().max(LIMITS.skuChars),
    available: units,
    onHand: units,
    reserved: units,
    /** What `available` fell below. */
    threshold: units,
    at: time,
  }),
  z.object({ ...head, type: z.enum(["alert.fired", "alert.cleared"]), alert, at: time }),
  z.object({ ...head, type: z.literal("endpoint.disabled"), endpoint, failingSince: time.optional(), at: time }),
  /** Not an event: brings the registry up to date. */
  z.object({ ...head, type: z.literal("endpoint.changed"), endpoint }),
]);
export type NotificationsMessage = z.infer<typeof notificationsMessageSchema>;

export type AlertNotification = Extract<NotificationsMessage, { type: "alert.fired" | "alert.cleared" }>;

/** What the outside is told of an alert. The id is the alert's, however often it is told. */
export function alertNotification({ type, id, at, ...alert }: AlertTold): AlertNotification {
  return { v: 1, type: `alert.${type}`, id: `alert.${type}:${id}`, alert: { id, ...alert }, at };
}

/** What an order tells the outside of a fact that it announces, if anything. The id is the change's, however often it is told. */
export function orderNotification(fact: string, order: Order, at: number): OrderNotification | undefined {
  const type = typeOf(fact, order);
  if (!type) return undefined;
  const { id, number, cartId, currency, totals, payment, version, placedAt } = order;
  const { captured, refunded } = payment;
  const lines = order.lines.map(({ sku, name, quantity, unitPrice }) => ({ sku, name, quantity, unitPrice }));
  return {
    v: 1,
    type,
    id: type === "order.refunded" ? `${type}:${id}:${refunded}` : `${type}:${id}`,
    requestId: order.requestId,
    order: {
      id,
      number,
      status: order.state,
      cartId,
      currency,
      total: totals.total,
      captured,
      refunded,
      lines,
      version,
      placedAt,
    },
    at,
  };
}

function typeOf(fact: string, { state, payment }: Order): OrderNotification["type"] | undefined {
  switch (fact) {
    case "order.refunded":
      // Nothing is when all refunds failed after they had succeeded.
      return payment.refunded > 0 ? fact : undefined;
    case "order.paid":
    case "order.fulfilled":
      return fact;
    case "order.closed":
      if (state === "expired") return "order.expired";
      // A payment that failed is not told: nothing was sold, and the shopper may be trying again.
      return state === "canceled" ? "order.canceled" : undefined;
    default:
      return undefined;
  }
}
