import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketOf } from "../../src/domain/events/id-columns.ts";
import { splitByShard } from "../../src/domain/events/part.ts";
import { parseRouting, shardIndex } from "../../src/domain/events/routing.ts";
import { LIMITS } from "../../src/domain/limits.ts";
import { batchOf } from "../support/events.ts";

const NOW = Date.UTC(2026, 10, 27, 12);

const event = fc.record({
  id: fc.nat(150).map((n) => `id-${n}`),
  visitor: fc.nat(20).map((n) => `visitor-${n}`),
  label: fc.constantFrom("SKU-A", "SKU-B", "SKU-C"),
});

describe("ids", () => {
  it("are found by a pure function of their stamp, whatever a client sends", () => {
    for (const stamp of [0, -5, Number.NaN, Infinity, 8.64e15, NOW]) {
      expect(bucketOf(stamp)).toBeGreaterThanOrEqual(0);
      expect(bucketOf(stamp)).toBeLessThan(4_096);
    }
    expect(bucketOf(NOW)).toBe(bucketOf(NOW + 4_096 * 60_000));
  });
});

describe("rows are sorted by shard", () => {
  it("with nothing lost, every row in the shard of its visitor, and the batches it came from", () => {
    const routing = parseRouting("5");
    fc.assert(
      fc.property(
        fc.array(fc.array(event, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 6 }),
        (groups) => {
          const batches = groups.map((group) => batchOf(group, { receivedAt: NOW }));
          const parts = splitByShard(batches, routing);
          expect(parts.reduce((sum, { part }) => sum + part.kind.length, 0)).toBe(groups.flat().length);
          const seen: string[] = [];
          for (const { shard, part, batches: from } of parts) {
            expect(part.end.length).toBe(from.length);
            expect(part.end.at(-1)).toBe(part.kind.length);
            part.visitorLow.forEach((low, row) => {
              expect(shardIndex(routing, low, part.stamp[row] ?? 0)).toBe(shard);
              seen.push(`${part.idHigh[row]}:${part.idLow[row]}:${part.labels[part.label[row] ?? 0]}`);
            });
          }
          const sent = batches.flatMap((batch) =>
            [...batch.idHigh].map((high, row) => `${high}:${batch.idLow[row]}:${batch.labels[batch.label[row] ?? 0]}`),
          );
          expect(seen.toSorted()).toEqual(sent.toSorted());
        },
      ),
    );
  });

  it("in parts that storage takes, and never a batch cut in two", () => {
    const big = Array.from({ length: 12 }, (_, i) =>
      batchOf(
        Array.from({ length: 2_500 }, (_unused, j) => ({
          id: `${i}-${j}`,
          label: `LONG-LABEL-${i}-${j % 1_000}-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`,
        })),
      ),
    );
    const parts = splitByShard(big, parseRouting("1"));
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.flatMap(({ batches }) => batches)).toEqual(big.map((_, i) => i));
    for (const { part } of parts) expect(part.kind.length).toBeLessThanOrEqual(LIMITS.eventsPerApply);
  });
});
