/** Goal: what goes into columns comes out of them. Threat: a row that is lost, moved or given another's product where a request is cut. */
import { serialize } from "node:v8";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type EventBatch, EVENT_KINDS, eventBatchSchema } from "../../src/domain/events/columns.ts";
import { mergeBatches } from "../../src/domain/events/merge.ts";
import { EventRows, MESSAGE_BYTES_MAX, rowsOf } from "../../src/domain/events/pack.ts";

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const hash = fc.record({ high: uint32, low: uint32 });
const row = fc.record({
  id: hash,
  visitor: hash,
  stamp: fc.integer({ min: 0, max: 4e12 }),
  at: fc.integer({ min: 0, max: 4e12 }),
  kind: fc.integer({ min: 0, max: EVENT_KINDS.length - 1 }),
  label: fc.oneof(
    fc.constant(""),
    fc.constantFrom("A", "B", "TIDE-SERUM-30"),
    fc.string({ maxLength: 64, unit: "binary" }),
  ),
  quantity: fc.integer({ min: 0, max: 0xffff }),
});
const head = { id: "evt_1", requestId: "req_1", receivedAt: 1_800_000_000_000, source: "wk_1" };

interface Row {
  readonly id: { readonly high: number; readonly low: number };
  readonly visitor: { readonly high: number; readonly low: number };
  readonly stamp: number;
  readonly at: number;
  readonly kind: number;
  readonly label: string;
  readonly quantity: number;
}

function pack(rows: readonly Row[], maxBytes?: number) {
  const packed = new EventRows(rows.length);
  for (const one of rows) packed.add(one.id, one.visitor, one, one.at);
  return packed.batches(head, maxBytes);
}

test("every row comes out as it went in, in order, however the request is cut, and every message is below its limit", () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 60 }), fc.integer({ min: 1_200, max: 4_000 }), (rows, maxBytes) => {
      const batches = pack(rows, maxBytes);
      const expected = rows.map(({ kind, label, ...rest }) => ({
        ...rest,
        kind: EVENT_KINDS[kind],
        label: label === "" ? undefined : label,
      }));
      expect(batches.flatMap(rowsOf)).toEqual(expected);
      expect(new Set(batches.map(({ id }) => id)).size).toBe(batches.length);
      for (const batch of batches) {
        expect(serialize(batch).byteLength).toBeLessThanOrEqual(maxBytes);
        expect(eventBatchSchema.safeParse(batch).success).toBe(true);
      }
    }),
  );
});

test("requests that are joined keep every row, in order and under their own source, in messages below the limit", () => {
  const request = fc.record({
    rows: fc.array(row, { maxLength: 12 }),
    source: fc.constantFrom("wk_1", "wk_2"),
    receivedAt: fc.integer({ min: 1_800_000_000_000, max: 1_800_000_002_000 }),
  });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 12 }), fc.integer({ min: 2_500, max: 6_000 }), (requests, maxBytes) => {
      const batches: EventBatch[] = requests.flatMap(({ rows, ...own }, n) =>
        pack(rows.map((one) => ({ ...one, at: Math.min(one.at, own.receivedAt) }))).map((batch) => ({
          ...batch,
          ...own,
          id: `evt_${n}`,
        })),
      );
      const merged = mergeBatches(batches, maxBytes);
      for (const source of ["wk_1", "wk_2"]) {
        // `at` may move: a joined batch was received when its first was, and nothing happened later than that.
        const rowsFrom = (some: readonly EventBatch[]) =>
          some
            .filter((batch) => batch.source === source)
            .flatMap((batch) => rowsOf(batch).map(({ at: _at, ...rest }) => rest));
        expect(rowsFrom(merged)).toEqual(rowsFrom(batches));
      }
      expect(new Set(merged.map(({ id }) => id)).size).toBe(merged.length);
      for (const batch of merged) {
        expect(rowsOf(batch).every(({ at }) => at <= batch.receivedAt)).toBe(true);
        expect(eventBatchSchema.safeParse(batch).success).toBe(true);
        if (!batches.includes(batch)) expect(serialize(batch).byteLength).toBeLessThanOrEqual(maxBytes);
      }
    }),
  );
});

test("a hundred requests of one event each are one message", () => {
  const one = {
    id: { high: 1, low: 1 },
    visitor: { high: 1, low: 1 },
    stamp: 1,
    at: 1,
    kind: 1,
    label: "A",
    quantity: 0,
  };
  const batches = Array.from({ length: 100 }, (_, n) =>
    pack([one]).map((batch) => ({ ...batch, id: `evt_${n}` })),
  ).flat();
  const [merged, ...more] = mergeBatches(batches);
  expect([merged?.kind.length, merged?.labels, more]).toEqual([100, ["A"], []]);
});

test("the largest request there can be goes into messages that each cost one", () => {
  const rows = Array.from({ length: 2_500 }, (_, n) => ({
    id: { high: n, low: n },
    visitor: { high: 0xffffffff, low: n },
    stamp: 1_800_000_000_000,
    at: 1_800_000_000_000,
    kind: 1,
    label: n % 2 === 0 ? `SKU-${n}` : `${"日".repeat(59)}${n}`,
    quantity: 0,
  }));
  const batches = pack(rows);
  expect(batches.flatMap(rowsOf).map(({ label }) => label)).toEqual(rows.map(({ label }) => label));
  expect(batches.length).toBeGreaterThan(2);
  expect(Math.max(...batches.map((batch) => serialize(batch).byteLength))).toBeLessThanOrEqual(MESSAGE_BYTES_MAX);
});

test("a request of a hundred events is one small message, and one without events is none", () => {
  const rows = Array.from({ length: 100 }, (_, n) => ({
    id: { high: n, low: n },
    visitor: { high: 1, low: 1 },
    stamp: 1,
    at: 1,
    kind: 1,
    label: `SKU-${n % 10}`,
    quantity: 0,
  }));
  const [batch, ...more] = pack(rows);
  expect(more).toEqual([]);
  expect(serialize(batch).byteLength).toBeLessThan(4_700);
  expect(pack([])).toEqual([]);
});
