import type { WebhookEvent } from "../../../durable-objects/webhook-endpoint/webhook-endpoint.ts";
import type {
  AlertNotification,
  EndpointSummary,
  NotificationsMessage,
  OrderNotification,
} from "../../domain/notifications.ts";
import { unreachable } from "../../domain/result.ts";
import { hex } from "../../platform/hex.ts";
import { money, time } from "../context.ts";

/** A message that is told to others, as opposed to `endpoint.changed`, which is for the registry. */
export type EventMessage = Exclude<NotificationsMessage, { type: "endpoint.changed" }>;

const ID_CHARS = 32;

/**
 * The event as receivers get it: `{ type, timestamp, data }` (Standard Webhooks). Its id is made from the message's, so one change is one
 * event however often its message arrives.
 */
export async function eventOf(message: EventMessage): Promise<WebhookEvent> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(message.id));
  const id = `evt_${hex(new Uint8Array(digest)).slice(0, ID_CHARS)}`;
  return { id, type: message.type, body: bodyOf(message.type, message.at, dataOf(message)) };
}

export const bodyOf = (type: string, at: number, data: object): string =>
  JSON.stringify({ type, timestamp: time(at), data });

function dataOf(message: EventMessage): object {
  switch (message.type) {
    case "order.paid":
    case "order.expired":
    case "order.canceled":
    case "order.refunded":
    case "order.fulfilled":
      return { order: orderData(message.order) };
    case "stock.low": {
      const { sku, available, threshold, onHand, reserved } = message;
      return { sku, available, threshold, on_hand: onHand, reserved };
    }
    case "alert.fired":
    case "alert.cleared":
      return { alert: alertData(message.alert) };
    case "endpoint.disabled": {
      const { endpoint, failingSince } = message;
      return { endpoint: { ...endpointData(endpoint), failing_since: failingSince && time(failingSince) } };
    }
    default:
      return unreachable(message);
  }
}

function orderData(order: OrderNotification["order"]): object {
  const { id, number, status, cartId, currency, total, captured, refunded, version, placedAt } = order;
  const lines = order.lines.map(({ sku, name, quantity, unitPrice }) => ({
    sku,
    name,
    quantity,
    unit_price: money(unitPrice, currency),
    total: money(unitPrice * quantity, currency),
  }));
  return {
    id,
    number,
    status,
    cart_id: cartId,
    lines,
    total: money(total, currency),
    captured: money(captured, currency),
    refunded: money(refunded, currency),
    version,
    placed_at: time(placedAt),
  };
}

function alertData({ id, rule, subject, value, worst, since, firedAt, test }: AlertNotification["alert"]): object {
  return {
    id,
    rule: { id: rule.id, name: rule.name, version: rule.version },
    severity: rule.severity,
    metric: rule.metric,
    comparator: rule.comparator,
    threshold: rule.threshold,
    clear: rule.clear,
    ...(subject.kind === "product" && { sku: subject.key, name: subject.name }),
    ...(subject.kind === "category" && { category: subject.key }),
    ...(subject.kind === "flag" && { flag: subject.key }),
    value,
    worst,
    since: time(since),
    fired_at: time(firedAt),
    ...(test && { test }),
  };
}

/** Of another receiver's address only the host: the rest may be its secret. */
function endpointData({ id, description, url, reason }: EndpointSummary): object {
  return { id, description, host: URL.parse(url)?.host ?? "", reason };
}
