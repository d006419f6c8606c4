import { LIMITS } from "../limits.ts";
import type { RejectReason } from "./columns.ts";
import { stampOf } from "./clock.ts";
import { isJson, type Json, KIND, meaningOf, productIdOf, productsOf, quantityOf } from "./ecommerce.ts";

/** The calls of Segment's API. */
export const EVENT_TYPES = ["track", "page", "identify", "screen", "group", "alias"] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/**
 * What was read of one event. One of these is filled again and again: at 45,000 events a second an object for each, and one more for its
 * outcome, is what the time would be spent on. "" and 0 mean that there is none.
 */
export interface Reading {
  messageId: string;
  /** Anonymous id, else user id. */
  visitor: string;
  /** UTC ms by the client's clock. */
  stamp: number;
  /** The same, of sending; in an envelope it is told once for all. */
  sentAt: number;
  kind: number;
  label: string;
  quantity: number;
  money: "order" | "refund" | undefined;
}

export const emptyReading = (): Reading => ({
  messageId: "",
  visitor: "",
  stamp: 0,
  sentAt: 0,
  kind: KIND.other,
  label: "",
  quantity: 0,
  money: undefined,
});

/**
 * Reads an event of whatever shape into `into` and says why it cannot be used, or nothing. Who and when are read as far as possible even
 * then, so that a rejected event is counted once however often it is sent. `type` is that of the path, where the path names one.
 */
export function readEvent(event: unknown, type: EventType | undefined, into: Reading): RejectReason | undefined {
  into.kind = KIND.other;
  into.label = "";
  into.quantity = 0;
  into.money = undefined;
  if (!isJson(event)) {
    into.messageId = "";
    into.visitor = "";
    into.stamp = 0;
    into.sentAt = 0;
    return "not_an_object";
  }
  const messageId = event["messageId"];
  into.messageId = typeof messageId === "string" ? messageId : "";
  into.visitor = idOf(event["anonymousId"]) || idOf(event["userId"]);
  const stamp = stampOf(event["timestamp"] ?? event["originalTimestamp"]);
  into.stamp = stamp > 0 ? stamp : 0;
  into.sentAt = stampOf(event["sentAt"]) || 0;
  if (
    into.messageId.length > LIMITS.messageIdChars ||
    (into.messageId === "" && messageId != null && messageId !== "")
  ) {
    return "invalid_message_id";
  }
  if (into.visitor === "") return "missing_user";
  if (Number.isNaN(stamp)) return "invalid_timestamp";
  return readCall(event, type ?? event["type"], into);
}

function readCall(event: Json, type: unknown, into: Reading): RejectReason | undefined {
  const properties = event["properties"];
  switch (type) {
    case "track": {
      const name = event["event"];
      if (typeof name !== "string" || name === "") return "missing_event_name";
      if (properties != null && !isJson(properties)) return "invalid_properties";
      const { kind, money } = meaningOf(name);
      into.kind = kind;
      into.money = money;
      return properties == null || kind === KIND.other || readProduct(properties, into)
        ? undefined
        : "invalid_properties";
    }
    case "page":
    case "screen":
      return properties == null || isJson(properties) ? undefined : "invalid_properties";
    case "identify":
    case "group":
    case "alias":
      return undefined;
    default:
      return "unknown_type";
  }
}

/** The product of the properties themselves, or the first that they list. */
function readProduct(properties: Json, into: Reading): boolean {
  let fields = properties;
  let id = productIdOf(fields);
  if (id === "") {
    const products = productsOf(properties);
    if (products != null && !Array.isArray(products)) return false;
    const first: unknown = products?.[0];
    if (first !== undefined) {
      if (!isJson(first)) return false;
      fields = first;
      id = productIdOf(first);
    }
  }
  if (id === undefined) return false;
  into.label = id;
  if (into.kind !== KIND.add && into.kind !== KIND.remove) return true;
  const quantity = quantityOf(fields["quantity"]);
  if (quantity === undefined) return false;
  into.quantity = quantity;
  return true;
}

/** Ids are text; numbers are taken too, since databases have them and nothing is lost by it. */
function idOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" && Number.isFinite(value) ? String(value) : "";
}
