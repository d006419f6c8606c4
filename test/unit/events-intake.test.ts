/** Goal: every event that was sent becomes exactly one row. Threat: one that is broken takes its neighbours along, and they are lost for ever. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eventsOfMeasurement } from "../../src/domain/events/ga4.ts";
import { excerptOf } from "../../src/domain/events/excerpt.ts";
import { hash64 } from "../../src/domain/events/hash.ts";
import { type Delivery, takeIn } from "../../src/domain/events/intake.ts";
import { rowsOf } from "../../src/domain/events/pack.ts";
import { oversized } from "../../src/domain/events/size.ts";

const now = Date.parse("2026-11-27T08:00:00Z");
const base: Omit<Delivery, "events"> = {
  oversized: new Set(),
  type: undefined,
  sentAt: undefined,
  receivedAt: now,
  requestId: "req_1",
  foreignOrigin: false,
  reporter: undefined,
  currency: "USD",
};
let last = 0;
const random = () => ++last;

function intake(events: readonly unknown[], more: Partial<Delivery> = {}) {
  const { rows, reports, rejects } = takeIn({ ...base, ...more, events }, random);
  const head = { id: "evt_1", requestId: "req_1", receivedAt: now, source: "wk_1" };
  return { rows: rows.batches(head).flatMap(rowsOf), reports, rejects };
}

const view = (n: number) => ({
  type: "track",
  event: "Product Viewed",
  anonymousId: "ada",
  messageId: `m-${n}`,
  timestamp: "2026-11-27T07:59:58.000Z",
  properties: { sku: `SKU-${n}` },
});

describe("one bad event", () => {
  test("pitfall 17: never touches its neighbours; it becomes a row that says why", () => {
    const bad = [null, { ...view(9), type: "nonsense" }, { ...view(9), anonymousId: undefined }, [], "text"];
    const { rows, rejects } = intake([view(1), ...bad, view(2)]);
    expect(rows.map(({ kind, label }) => [kind, label])).toEqual([
      ["view", "SKU-1"],
      ["rejected", "not_an_object"],
      ["rejected", "unknown_type"],
      ["rejected", "missing_user"],
      ["rejected", "not_an_object"],
      ["rejected", "not_an_object"],
      ["view", "SKU-2"],
    ]);
    expect([...rejects].map(([reason, { count }]) => [reason, count])).toEqual([
      ["not_an_object", 3],
      ["unknown_type", 1],
      ["missing_user", 1],
    ]);
  });

  test("whatever JSON is sent, there is one row for each element, and nothing is thrown", () => {
    const names = ["type", "event", "anonymousId", "userId", "messageId", "timestamp", "properties", "products", "sku"];
    const eventLike = fc.dictionary(fc.constantFrom(...names), fc.jsonValue(), { maxKeys: 9 });
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.jsonValue(), eventLike), { maxLength: 30 }), fc.boolean(), (events, secret) => {
        const { rows, rejects, reports } = intake(events, { reporter: secret ? "erp" : undefined });
        const rejected = [...rejects.values()].reduce((sum, { count }) => sum + count, 0);
        expect(rows).toHaveLength(events.length);
        expect(rows.filter(({ kind }) => kind === "rejected")).toHaveLength(rejected);
        expect(reports.length).toBeLessThanOrEqual(events.length - rejected);
        expect(rows.every(({ at }) => at <= now)).toBe(true);
      }),
    );
  });

  test("from a page that the key does not allow, all are rejected, and from nowhere else", () => {
    const { rows } = intake([view(1), view(2)], { foreignOrigin: true });
    expect(rows.map(({ label }) => label)).toEqual(["origin_not_allowed", "origin_not_allowed"]);
  });
});

describe("ids", () => {
  test("a retry has the same ids, visitors and stamps, rejected events included, though it is sent and received later", () => {
    const events = [view(1), { ...view(2), messageId: "m".repeat(200) }, { ...view(3), anonymousId: "", type: "x" }];
    const keys = (sentAt: string, receivedAt: number) =>
      intake(events, { sentAt, receivedAt }).rows.map(({ id, visitor, stamp, label }) => ({
        id,
        visitor,
        stamp,
        label,
      }));
    expect(keys("2026-11-27T08:59:59Z", now + 3_600_000)).toEqual(keys("2026-11-27T07:59:59Z", now));
  });

  test("they are the hashes of what was sent; without an id an event gets one of its own", () => {
    const { rows } = intake([view(1), { ...view(1), messageId: undefined }, { ...view(1), messageId: undefined }]);
    expect(rows[0]).toMatchObject({ id: hash64("m-1"), visitor: hash64("ada") });
    expect(new Set(rows.map(({ id }) => `${id.high} ${id.low}`)).size).toBe(3);
  });

  test("events of nobody are spread by their ids, since they would all meet in one shard", () => {
    const { rows } = intake([
      { type: "page", messageId: "a" },
      { type: "page", messageId: "b" },
    ]);
    expect(rows.map(({ visitor }) => visitor)).toEqual([hash64("a"), hash64("b")]);
  });
});

test("the client's wrong clock is corrected by the envelope's sentAt, else by the event's own; the raw stamp stays", () => {
  const sent = { ...view(1), sentAt: "2026-11-27T08:59:59.000Z" };
  const hourFast = { ...sent, timestamp: "2026-11-27T08:59:57.000Z" };
  const [enveloped] = intake([hourFast], { sentAt: "2026-11-27T09:00:00.000Z" }).rows;
  const [own] = intake([hourFast]).rows;
  expect([enveloped?.at, own?.at]).toEqual([now - 3_000, now - 2_000]);
  expect([enveloped?.stamp, own?.stamp]).toEqual([now + 3_597_000, now + 3_597_000]);
  const [unsent] = intake([hourFast], { sentAt: "nonsense" }).rows;
  expect(unsent?.at).toBe(now - 2_000);
});

describe("an event of more than 32 KB", () => {
  const pad = (event: object, bytes: number) => ({ ...event, context: { pad: "x".repeat(bytes) } });
  const measured = (batch: unknown[]) => [...oversized(JSON.stringify({ batch }), batch)];

  test("is rejected alone", () => {
    const events = [view(1), pad(view(2), 33_000), view(3)];
    expect(measured(events)).toEqual([1]);
    const { rows } = intake(events, { oversized: new Set(measured(events)) });
    expect(rows.map(({ label }) => label)).toEqual(["SKU-1", "too_large", "SKU-3"]);
  });

  test("is measured in bytes, and one of 32 KB fits", () => {
    const empty = JSON.stringify(pad(view(1), 0)).length;
    expect(measured([pad(view(1), 32 * 1_024 - empty)])).toEqual([]);
    expect(measured([pad(view(1), 32 * 1_024 - empty + 1)])).toEqual([0]);
    expect(measured([{ ...view(1), context: "é".repeat(17_000) }, view(2)])).toEqual([0]);
  });

  test("is found wherever its ids are, and however they are spelled; without ids; and nested beyond what can be written", () => {
    const ids = (count: number) => Array.from({ length: count }, (_, n) => ({ messageId: n }));
    expect(measured([{ ...pad(view(1), 40_000), ids: ids(3) }, view(2)])).toEqual([0]);
    expect(measured([pad({ type: "page" }, 40_000), { ...view(2), ids: ids(1) }])).toEqual([0]);
    const escaped = `{"batch":[{"ids":[{"messageId":1},{"messageId":2}],"pad":"${"x".repeat(40_000)}","messageId":"a"},{"message\\u0049d":"b"},{"message\\u0049d":"c"}]}`;
    expect([...oversized(escaped, (JSON.parse(escaped) as { batch: unknown[] }).batch)]).toEqual([0]);
    const deep = `{"batch":[{"messageId":"a"},{"deep":${"[".repeat(60_000)}${"]".repeat(60_000)}},{"messageId":"c"}]}`;
    expect([...oversized(deep, (JSON.parse(deep) as { batch: unknown[] }).batch)]).toEqual([1]);
  });

  test("agrees with measuring every one, for any mixture of sizes", () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 31_000, max: 34_000 }));
    const event = fc.record({ pad: size, id: fc.boolean(), nested: fc.boolean() });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (specs) => {
        const batch = specs.map(({ pad: bytes, id, nested }, n) => ({
          ...(id && { messageId: n }),
          pad: "x".repeat(bytes),
          ...(nested && { inner: { messageId: n } }),
        }));
        const expected = batch.flatMap((one, n) => (JSON.stringify(one).length > 32 * 1_024 ? [n] : []));
        expect(measured(batch)).toEqual(expected);
      }),
    );
  });
});

test("a body of GA4's Measurement Protocol is read like events of the API", () => {
  const body = {
    client_id: "123.456",
    timestamp_micros: "1795766398000000",
    events: [
      { name: "view_item", params: { items: [{ item_id: "A" }], event_id: "e-1" } },
      {
        name: "add_to_cart",
        params: { items: [{ item_id: "A", quantity: 2 }] },
        timestamp_micros: 1_795_766_397_000_000,
      },
      "nonsense",
    ],
  };
  const { rows } = intake(eventsOfMeasurement(body) ?? []);
  expect(rows.map(({ kind, label, quantity }) => [kind, label, quantity])).toEqual([
    ["view", "A", 0],
    ["add", "A", 2],
    ["rejected", "not_an_object", 0],
  ]);
  expect(rows[0]).toMatchObject({ id: hash64("e-1"), visitor: hash64("123.456"), stamp: 1_795_766_398_000 });
  expect(rows[1]?.stamp).toBe(1_795_766_397_000);
  expect(eventsOfMeasurement({ client_id: "1" })).toBeUndefined();
});

describe("what an operator is shown of a rejected event", () => {
  test("its shape, and values that cannot be anybody's", () => {
    const event = { ...view(1), userId: "ada@example.com", traits: { email: "ada@example.com" }, type: "purchase" };
    const shown = excerptOf({ ...event, properties: { sku: 7.5, quantity: "two", email: "ada@example.com" } });
    expect(shown).not.toContain("example.com");
    expect(JSON.parse(shown)).toMatchObject({
      type: "purchase",
      userId: "string of 15",
      properties: { sku: 7.5, quantity: "two", email: "string of 15" },
    });
  });

  test("is bounded, whatever was sent", () => {
    const deep = (n: number): unknown => (n === 0 ? 1 : { properties: deep(n - 1), products: [deep(n - 1)] });
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`${n}`.repeat(100), n]));
    for (const event of [null, undefined, "x".repeat(1e5), [1, [2]], deep(10), wide, { event: "e".repeat(1e5) }]) {
      expect(excerptOf(event).length).toBeLessThanOrEqual(400);
    }
  });
});
