/** Goal: money that another system reports is taken to the minor unit, or not at all, and once for ever. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { currencyCode, exponentOf, minorUnits } from "../../src/domain/currency.ts";
import { takeIn } from "../../src/domain/events/intake.ts";
import { rowsOf } from "../../src/domain/events/pack.ts";
import { eventsMessageSchema } from "../../src/domain/messages.ts";

const now = Date.parse("2026-11-27T08:00:00Z");

function reportsOf(event: object, { reporter }: { reporter: string | undefined } = { reporter: "erp" }) {
  const delivery = {
    events: [{ type: "track", userId: "ada", messageId: "m", ...event }],
    oversized: new Set<number>(),
    type: undefined,
    sentAt: undefined,
    receivedAt: now,
    requestId: "req_1",
    foreignOrigin: false,
    reporter,
    currency: "EUR",
  };
  const { rows, reports } = takeIn(delivery, () => 1);
  const [row] = rows.batches({ id: "e", requestId: "r", receivedAt: now, source: "k" }).flatMap(rowsOf);
  return { row, reports };
}
const order = (properties: object, name = "Order Completed") => ({ event: name, properties });

describe("amounts", () => {
  test.each([
    [19.99, "USD", 1_999],
    ["19.9", "USD", 1_990],
    [20, "USD", 2_000],
    [0.1 + 0.2, "USD", 30],
    [19.99 * 3, "USD", 5_997],
    [1.1 * 1.1 * 100, "USD", 12_100],
    [1_999, "JPY", 1_999],
    ["1999.00", "JPY", 1_999],
    [1.234, "KWD", 1_234],
    ["1.2", "BHD", 1_200],
    [0, "USD", 0],
    ["90071992547409.91", "USD", 9_007_199_254_740_991],
  ])("%s %s is %s", (value, currency, units) => expect(minorUnits(value, currency)).toBe(units));

  test.each([
    19.999,
    "19.999",
    "10.5.1",
    "1e3",
    1e21,
    1e15,
    -1,
    "-1",
    "",
    " ",
    "19,99",
    Number.NaN,
    Infinity,
    null,
    {},
  ])("%s USD is not an amount", (value) => expect(minorUnits(value, "USD")).toBeUndefined());

  test("there is no part of a yen", () => expect(minorUnits(19.99, "JPY")).toBeUndefined());

  test("every amount comes back to the minor unit, written as text or as a float", () => {
    const currency = fc.constantFrom("USD", "JPY", "KWD", "CLF");
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e12 }), currency, (units, code) => {
        const exponent = exponentOf(code);
        const digits = String(units).padStart(exponent + 1, "0");
        const cut = digits.length - exponent;
        const text = exponent === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`;
        expect(minorUnits(text, code)).toBe(units);
        expect(minorUnits(Number(text), code)).toBe(units);
      }),
    );
  });

  test("a currency is three letters", () => {
    expect(["usd", " EUR ", "US", "USDT", 5, null].map(currencyCode)).toEqual([
      "USD",
      "EUR",
      ...Array(4).fill(undefined),
    ]);
  });
});

describe("an order that is reported", () => {
  const products = [
    { sku: "A", quantity: 2, price: 19.99 },
    { product_id: "B", price: "5" },
    { name: "gift wrap", price: 1 },
  ];

  test("under a secret key is a fact beside its row, with the source before its id", () => {
    const { row, reports } = reportsOf(order({ order_id: "50314", total: 44.98, currency: "usd", products }));
    expect(row).toMatchObject({ kind: "purchase", label: "A" });
    expect(reports).toEqual([
      {
        v: 1,
        type: "order.reported",
        id: "order.reported:erp:50314",
        requestId: "req_1",
        key: "erp:50314",
        visitorId: "ada",
        currency: "USD",
        amount: 4_498,
        lines: [
          { sku: "A", quantity: 2, unitPrice: 1_999 },
          { sku: "B", quantity: 1, unitPrice: 500 },
        ],
        at: now,
      },
    ]);
    expect(eventsMessageSchema.safeParse(reports[0]).success).toBe(true);
  });

  test("pitfall 9: under a public key is a step of the funnel and no money", () => {
    const { row, reports } = reportsOf(order({ order_id: "1", total: 44.98 }), { reporter: undefined });
    expect([row?.kind, reports]).toEqual(["purchase", []]);
  });

  test("total comes before revenue and value; GA4's names say the same; the currency is the shop's if it has none", () => {
    const amount = (properties: object, name?: string) => reportsOf(order(properties, name)).reports[0];
    expect(amount({ order_id: 7, total: 3, revenue: 2, value: 1 })).toMatchObject({ key: "erp:7", amount: 300 });
    expect(amount({ order_id: "1", revenue: 2, value: 1 })).toMatchObject({ amount: 200, currency: "EUR" });
    const ga4 = { transaction_id: "T_1", value: 1, items: [{ item_id: "A", quantity: 1, price: 1 }] };
    expect(amount(ga4, "purchase")).toMatchObject({ key: "erp:T_1", amount: 100, lines: [{ sku: "A" }] });
  });

  test("a refund may leave its amount out: then it is all of it", () => {
    const [all] = reportsOf(order({ order_id: "1" }, "Order Refunded")).reports;
    const [part] = reportsOf(order({ order_id: "1", total: 5 }, "Order Refunded")).reports;
    expect([all, part]).toMatchObject([
      { type: "order.reported_refund", key: "erp:1", amount: undefined },
      { type: "order.reported_refund", id: "order.reported_refund:erp:1", amount: 500 },
    ]);
  });

  test.each([
    ["no id", { total: 1 }],
    ["no amount", { order_id: "1" }],
    ["an amount that is none", { order_id: "1", total: "a lot" }],
    ["a part of a cent", { order_id: "1", total: 1.005 }],
    ["a currency that is none", { order_id: "1", total: 1, currency: "dollars" }],
    ["an id without end", { order_id: "x".repeat(101), total: 1 }],
    ["a line that cannot be read", { order_id: "1", total: 1, products: [{ sku: "A", quantity: 0.5 }] }],
    ["too many lines", { order_id: "1", total: 1, products: Array.from({ length: 101 }, () => ({ sku: "A" })) }],
  ])("that has %s is rejected, so that somebody hears of it", (_, properties) => {
    const { row, reports } = reportsOf(order(properties));
    expect(reports).toEqual([]);
    expect(row).toMatchObject({ kind: "rejected", label: "invalid_properties" });
  });
});
