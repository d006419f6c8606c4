import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EVENT_KINDS } from "../../src/domain/events/columns.ts";
import type { Segment } from "../../src/domain/events/deltas.ts";
import { type FoldConfig, ShardFold } from "../../src/domain/events/fold.ts";
import { IdMemory } from "../../src/domain/events/id-memory.ts";
import { OTHER_PRODUCTS, ProductFold } from "../../src/domain/events/product-fold.ts";
import { LIMITS } from "../../src/domain/limits.ts";
import { LocalDays } from "../../src/domain/local-day.ts";
import { batchOf, partOf, type TestEvent } from "../support/events.ts";
import { IdStore } from "../support/id-store.ts";

const NOW = Date.UTC(2026, 10, 27, 12);
const HOUR = 3_600_000;
const own: FoldConfig = { slices: 2, cartFacts: "own" };

function newFold(stored = new IdStore()): ShardFold {
  const ids = new IdMemory({ stored, salt: 77 });
  return new ShardFold({ ids, salt: 77, timeZone: "UTC" });
}

const newSlice = () => new ProductFold({ days: new LocalDays("UTC") });
const segmentsOf = (fold: ShardFold): Segment[][] =>
  fold.outgoing.all().map((outgoing) => {
    outgoing.close();
    return [...outgoing.next(Infinity)];
  });

const event = fc.record({
  id: fc.nat(150).map((n) => `id-${n}`),
  visitor: fc.nat(20).map((n) => `visitor-${n}`),
  kind: fc.constantFrom("view", "view", "view", "add", "checkout", "purchase", "other", "rejected"),
  label: fc.constantFrom("SKU-A", "SKU-B", "SKU-C"),
  agoMs: fc.integer({ min: 0, max: 25 * HOUR }),
});

/** The same id is the same event: all that it is follows from its number. */
const consistent = (
  events: readonly { id: string; visitor: string; kind: string; label: string; agoMs: number }[],
): TestEvent[] => {
  const first = new Map<string, TestEvent>();
  return events.map(({ id, visitor, kind, label, agoMs }) => {
    const known = first.get(id) ?? {
      id,
      visitor,
      kind: EVENT_KINDS.find((each) => each === kind) ?? "other",
      label,
      at: NOW - agoMs,
    };
    first.set(id, known);
    return known;
  });
};

describe("the fold of a shard", () => {
  it("balances, and agrees with a plain count of distinct events", () => {
    fc.assert(
      fc.property(fc.array(fc.array(event, { maxLength: 40 }), { maxLength: 8 }), (groups) => {
        const fold = newFold();
        const batches = consistent(groups.flat());
        let at = 0;
        groups.forEach((group, i) => {
          fold.begin(i + 1, NOW, own);
          const events =
            group.length > 0 ? batches.slice(at, at + group.length) : [{ id: `x${i}`, kind: "other" } as const];
          fold.applyParts([partOf(batchOf(events, { receivedAt: NOW }))]);
          at += group.length;
        });
        const distinct = [...new Map(batches.map((each) => [each.id, each])).values()];
        const valid = distinct.filter(({ kind, at: when = NOW }) => kind !== "rejected" && when >= NOW - 24 * HOUR);
        const { outcome } = fold.ledger.save();
        const { received, applied, duplicate, late, rejected } = outcome;
        const fillers = groups.filter((group) => group.length === 0).length;
        expect(applied + duplicate + late + rejected).toBe(received);
        expect(received).toBe(batches.length + fillers);
        expect(applied).toBe(valid.length + fillers);
        expect(rejected).toBe(distinct.filter(({ kind }) => kind === "rejected").length);
        const views = valid.filter(({ kind }) => kind === "view");
        expect(fold.minutes.changed(0, -1).reduce((sum, minute) => sum + minute.views, 0)).toBe(views.length);
        const slices = [newSlice(), newSlice()];
        fold.outgoing.all().forEach((outgoing) => {
          outgoing.close();
          const slice = slices[outgoing.slice];
          slice?.begin(NOW);
          slice?.take("a", outgoing.next(Infinity));
        });
        const shown = slices
          .flatMap(({ products }) => products)
          .filter(({ day }) => day.startsAt === Date.UTC(2026, 10, 27))
          .map(({ sku, day }) => [sku, day.views] as const);
        const today = views.filter(({ at: when = NOW }) => when >= Date.UTC(2026, 10, 27));
        for (const [sku, count] of shown) expect(count).toBe(today.filter(({ label }) => label === sku).length);
      }),
    );
  });

  it("is the same again from a stored state, and goes on from there", () => {
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 60 }),
        fc.array(event, { minLength: 1, maxLength: 60 }),
        (a, b) => {
          const events = consistent([...a, ...b]);
          const stored = new IdStore();
          const whole = newFold();
          const first = newFold();
          const parts = [events.slice(0, a.length), events.slice(a.length)].map((each) =>
            partOf(batchOf(each, { receivedAt: NOW })),
          );
          const [one, two] = parts;
          if (!one || !two) return;
          for (const fold of [whole, first]) {
            fold.begin(1, NOW, own);
            fold.applyParts([one]);
          }
          const saved = structuredClone(first.save(NOW));
          stored.save(first.ids.takeFresh());
          const second = newFold(stored);
          second.restore(saved, 1, NOW);
          whole.save(NOW);
          for (const fold of [whole, second]) {
            fold.begin(2, NOW, own);
            fold.applyParts([two]);
          }
          const plain = (fold: ShardFold) => {
            const { sessions, ...rest } = fold.save(NOW);
            return { ...rest, sessions: sessions.high.length };
          };
          expect(plain(second)).toEqual(plain(whole));
        },
      ),
    );
  });

  it("counts carts' own facts and not the browser's word, or the other way round, as it is told to", () => {
    const events: TestEvent[] = [
      { id: "add", visitor: "v", kind: "add", label: "SKU-A", at: NOW },
      { id: "checkout", visitor: "v", kind: "checkout", at: NOW },
    ];
    for (const [cartFacts, adds, checkouts] of [
      ["own", 1, 0],
      ["client", 1, 1],
    ] as const) {
      const fold = newFold();
      fold.begin(1, NOW, { slices: 1, cartFacts });
      fold.applyParts([partOf(batchOf(events, { receivedAt: NOW }))]);
      const fact = {
        v: 1,
        type: "cart.added",
        id: "cart.added:c:2",
        cartId: "c",
        sku: "SKU-A",
        quantity: 3,
        at: NOW,
      } as const;
      fold.applyCart(fact);
      fold.applyCart(fact);
      // The funnel moves either way, once.
      expect(fold.minutes.changed(0, -1)).toMatchObject([
        { adds, checkouts, funnel: { view: 1, add: 1, checkout: 1, purchase: 0 } },
      ]);
      expect(fold.ledger.save().facts).toEqual([{ type: "cart.added", count: 1, lastAt: NOW }]);
    }
  });

  it("answers a board only what it has not seen", () => {
    const fold = newFold();
    fold.begin(1, NOW, own);
    fold.applyParts([partOf(batchOf([{ id: "a", at: NOW - HOUR }], { receivedAt: NOW }))]);
    fold.begin(2, NOW, own);
    fold.applyParts([partOf(batchOf([{ id: "b", at: NOW }], { receivedAt: NOW }))]);
    expect(fold.minutes.changed(0, 1)).toMatchObject([{ minute: NOW / 60_000 }]);
    expect(fold.minutes.changed(0, 2)).toEqual([]);
    expect(fold.receipts.since(1)).toEqual([{ receivedAt: NOW, events: 1 }]);
    expect(fold.uniques.changed("2026-11-27", 1)).toBeUndefined();
    expect(fold.uniques.changed("2026-11-27", 0)?.registers).toBeInstanceOf(Uint8Array);
  });
});

describe("segments on their way to a slice", () => {
  const told = (fold: ShardFold, commit: number, ids: readonly string[]): void => {
    fold.begin(commit, NOW, { slices: 1, cartFacts: "own" });
    const events = ids.map((id) => ({ id, label: "SKU-A", at: NOW }));
    fold.applyParts([partOf(batchOf(events, { receivedAt: NOW }))]);
  };

  it("pitfall 16: are taken once each, however often they are sent, and never out of turn", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { minLength: 1, maxLength: 40 }), (order) => {
        const fold = newFold();
        for (let commit = 1; commit <= 6; commit++) {
          told(fold, commit, [`a${commit}`, `b${commit}`]);
          fold.outgoing.close();
        }
        const [segments = []] = segmentsOf(fold);
        const slice = newSlice();
        slice.begin(NOW);
        for (const index of [...order, 0, 1, 2, 3, 4, 5]) slice.take("origin", segments.slice(index, index + 1));
        expect(slice.products).toMatchObject([{ sku: "SKU-A", day: { views: 12 } }]);
        expect(slice.watermarks.get("origin")).toBe(6);
      }),
    );
  });

  it("keep their bounds when they were sent before the others came, or commits in between had nothing for the slice", () => {
    const fold = newFold();
    told(fold, 1, ["a"]);
    const [first = []] = segmentsOf(fold);
    fold.begin(2, NOW, own);
    fold.applyParts([partOf(batchOf([{ id: "nothing", kind: "other" }], { receivedAt: NOW }))]);
    told(fold, 3, ["b"]);
    const [both = []] = segmentsOf(fold);
    expect(both.map(({ after, to }) => [after, to])).toEqual([
      [0, 1],
      [1, 3],
    ]);
    expect(both[0]).toBe(first[0]);
    // Folded again after a crash: as many segments as commits, and no bound that lies inside one that was sent.
    const again = newFold();
    for (const [commit, id] of [
      [1, "a"],
      [3, "b"],
    ] as const) {
      told(again, commit, [id]);
      again.outgoing.close();
    }
    expect(segmentsOf(again)[0]?.map(({ after, to }) => [after, to])).toEqual([
      [0, 1],
      [1, 3],
    ]);
  });

  it("products that nobody knows fill a slice to its limit and no further; what our own objects name has its place", () => {
    const slice = newSlice();
    slice.begin(NOW);
    for (let i = 0; i < LIMITS.productsPerSlice; i++)
      slice.takeStock({ sku: `junk-${i}`, onHand: 1, reserved: 0, seq: 1, at: NOW });
    const fold = newFold();
    told(fold, 1, ["a", "b"]);
    const [segments = []] = segmentsOf(fold);
    slice.take("origin", segments);
    expect(slice.find("SKU-A")).toBeUndefined();
    expect(slice.products[slice.find(OTHER_PRODUCTS) ?? -1]).toMatchObject({ day: { views: 2 } });
    slice.takeStock({ sku: "REAL", onHand: 5, reserved: 0, seq: 1, at: NOW });
    expect(slice.find("REAL")).toBeDefined();
  });
});
