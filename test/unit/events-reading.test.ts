/** Goal: events under the names and in the shapes that libraries really send are understood; everything else gets the reason that fits. */
import { describe, expect, test } from "vitest";
import { EVENT_KINDS, type EventKind } from "../../src/domain/events/columns.ts";
import { eventTime, stampOf } from "../../src/domain/events/clock.ts";
import { KIND, meaningOf, quantityOf } from "../../src/domain/events/ecommerce.ts";
import { emptyReading, readEvent } from "../../src/domain/events/read.ts";

const track = (event: unknown, properties?: unknown, more: object = {}) => ({
  type: "track",
  event,
  anonymousId: "ada",
  messageId: "m-1",
  ...(properties !== undefined && { properties }),
  ...more,
});

/** What an event is read as: its kind, label and quantity, or the reason why not. */
function read(event: unknown, type?: "track" | "page") {
  const reading = emptyReading();
  const reason = readEvent(event, type, reading);
  return reason ?? [EVENT_KINDS[reading.kind], reading.label, reading.quantity];
}

describe("names", () => {
  test.each<[EventKind, string[]]>([
    ["view", ["Product Viewed", "Viewed Product", "view_item", "product viewed", "PRODUCT_VIEWED", "product-viewed"]],
    ["add", ["Product Added", "Added Product", "add_to_cart", "ADD_TO_CART", "productAdded"]],
    ["remove", ["Product Removed", "Removed Product", "remove_from_cart"]],
    ["checkout", ["Checkout Started", "Started Checkout", "Started Order", "begin_checkout"]],
    ["purchase", ["Order Completed", "Completed Order", "purchase", "order completed"]],
    ["other", ["Order Refunded", "refund", "Products Searched", "Product List Viewed", "Cart Viewed", "Viewed", "x"]],
  ])("%s", (kind, names) => {
    expect(names.map((name) => [name, EVENT_KINDS[meaningOf(name).kind]])).toEqual(names.map((name) => [name, kind]));
  });

  test("money is reported by an order that was completed or refunded, under any of its names, and by nothing else", () => {
    const money = (name: string) => meaningOf(name).money;
    expect(["Order Completed", "Completed Order", "purchase"].map(money)).toEqual(["order", "order", "order"]);
    expect(["Order Refunded", "refund", "Refunded Order"].map(money)).toEqual(["refund", "refund", "refund"]);
    expect(["Product Added", "Checkout Started", "Order Updated", "Order Cancelled"].filter(money)).toEqual([]);
  });

  test("a name without end is looked at no further", () => {
    expect(meaningOf("product viewed".repeat(2_000)).kind).toBe(KIND.other);
  });

  test("the numbers of the kinds are their places in the wire format", () => {
    expect(Object.entries(KIND).map(([kind, number]) => EVENT_KINDS[number] === kind)).not.toContain(false);
  });
});

describe("products", () => {
  test.each([
    ["sku before product_id", { sku: "A", product_id: "B" }, "A"],
    ["product_id", { product_id: "B" }, "B"],
    ["v1's id", { id: "C" }, "C"],
    ["an empty sku is none", { sku: "", product_id: "B" }, "B"],
    ["a number", { product_id: 507 }, "507"],
    ["the first of products", { products: [{ sku: "P1", quantity: 9 }, { sku: "P2" }] }, "P1"],
    ["the first of GA4's items", { items: [{ item_id: "I1" }] }, "I1"],
    ["spaces around it", { sku: " A " }, "A"],
    ["none", { products: [] }, ""],
    ["none at all", {}, ""],
  ])("%s", (_, properties, sku) => {
    expect(read(track("Product Viewed", properties))).toEqual(["view", sku, 0]);
  });

  test("adds and removals carry units, 1 if they do not say; what is listed says it for itself", () => {
    expect(read(track("Product Added", { sku: "A", quantity: 3 }))).toEqual(["add", "A", 3]);
    expect(read(track("Product Added", { sku: "A" }))).toEqual(["add", "A", 1]);
    expect(read(track("remove_from_cart", { items: [{ item_id: "A", quantity: "2" }] }))).toEqual(["remove", "A", 2]);
    expect(read(track("add_to_cart", { quantity: 7, items: [{ item_id: "A", quantity: 2 }] }))).toEqual([
      "add",
      "A",
      2,
    ]);
    expect(read(track("Product Viewed", { sku: "A", quantity: 3 }))).toEqual(["view", "A", 0]);
  });

  test("pitfall 6: a quantity that is not a whole number of units, or does not fit, is none", () => {
    expect([1, 65_535, "12", null, undefined].map(quantityOf)).toEqual([1, 65_535, 12, 1, 1]);
    const bad = [0, -1, 1.5, 65_536, "1.5", "", "two", Number.NaN, Infinity, {}, true];
    expect(bad.map(quantityOf)).toEqual(bad.map(() => undefined));
  });
});

describe("every reason", () => {
  const user = { anonymousId: "ada" };
  test.each([
    ["not_an_object", [null, undefined, 1, "text", [], [track("x")], true]],
    ["unknown_type", [{ ...user }, { ...user, type: "charge" }, { ...user, type: 1 }, { ...user, type: "Track" }]],
    ["missing_event_name", [track(undefined), track(""), track(7), track(null)]],
    ["missing_user", [{ ...track("x"), anonymousId: "" }, { type: "page" }, { type: "page", userId: {} }]],
    ["invalid_message_id", [track("x", {}, { messageId: "m".repeat(101) }), track("x", {}, { messageId: 7 })]],
    [
      "invalid_timestamp",
      ["yesterday", "1", "Tue Nov 25", "2026-13-45T00:00:00Z", "1969-01-01T00:00:00Z", -5, {}, true].map((timestamp) =>
        track("x", {}, { timestamp }),
      ),
    ],
    [
      "invalid_properties",
      [
        ...["text", [], 3].map((properties) => track("Product Viewed", properties)),
        track("Anything", "text"),
        track("Product Viewed", { sku: "x".repeat(65) }),
        track("Product Viewed", { sku: { id: 1 } }),
        track("Product Viewed", { products: "A,B" }),
        track("Product Viewed", { products: ["A"] }),
        track("Product Added", { sku: "A", quantity: 1.5 }),
        { type: "page", ...user, properties: [] },
      ],
    ],
  ])("%s", (reason, events) => {
    expect(events.map((event) => read(event))).toEqual(events.map(() => reason));
  });

  test("what libraries send beside it does no harm: nulls, no properties, numbers as ids, unknown fields", () => {
    const fine = [
      track("Product Viewed"),
      track("Product Viewed", null),
      track("Signed Up", { plan: "a" }, { messageId: null, timestamp: null, integrations: {}, context: { a: 1 } }),
      { type: "identify", userId: 42, traits: { email: "a@example.com" } },
      { type: "group", userId: "u", groupId: "g" },
      { type: "alias", userId: "u", previousId: "a" },
      { type: "page", anonymousId: "a", name: "Home", properties: { path: "/" } },
      { type: "screen", anonymousId: "a" },
    ];
    expect(fine.map((event) => typeof read(event))).toEqual(fine.map(() => "object"));
  });

  test("the path says what a call is, whatever its body says", () => {
    expect(read({ anonymousId: "a", event: "Product Viewed", properties: { sku: "A" } }, "track")).toEqual([
      "view",
      "A",
      0,
    ]);
    expect(read({ ...track("Product Viewed"), type: "track" }, "page")).toEqual(["other", "", 0]);
  });

  test("who it was is read from a rejected event as well: anonymous id before user id", () => {
    const reading = emptyReading();
    readEvent({ type: "nonsense", userId: "u", anonymousId: "a", messageId: "m", timestamp: 5 }, undefined, reading);
    expect(reading).toMatchObject({ visitor: "a", messageId: "m", stamp: 5 });
    readEvent(null, undefined, reading);
    expect(reading).toMatchObject({ visitor: "", messageId: "", stamp: 0 });
  });
});

describe("time", () => {
  const now = Date.parse("2026-11-27T08:00:00Z");
  test.each([
    ["a right clock", now - 5_000, now - 1_000, now - 4_000],
    ["a clock an hour slow", now - 3_605_000, now - 3_601_000, now - 4_000],
    ["a clock a year fast", now + 3.15e10 - 4_000, now + 3.15e10, now - 4_000],
    ["queued for a day by a phone", now - 86_400_000, now, now - 86_400_000],
    ["without a time of sending", now - 5_000, 0, now - 5_000],
    ["without one, and in the future", now + 5_000, 0, now],
    ["sent before it happened", now, now - 5_000, now],
    ["without a time of its own", 0, now, now],
  ])("%s", (_, stamp, sentAt, at) => expect(eventTime(stamp, sentAt, now)).toBe(at));

  test("is RFC 3339 or ms, and anything else is none", () => {
    expect(stampOf("2026-11-27T08:00:00.000Z")).toBe(now);
    expect(stampOf("2026-11-27T09:00:00+01:00")).toBe(now);
    expect(stampOf(now + 0.7)).toBe(now);
    expect([undefined, null, ""].map(stampOf)).toEqual([0, 0, 0]);
  });
});
