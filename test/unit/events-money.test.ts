import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allocate, byLargestRemainder } from "../../src/domain/events/allocation.ts";
import { foldMoney, type MoneyEffect, type MoneyFact, type OrderMoney } from "../../src/domain/events/order-money.ts";

const sum = (amounts: readonly number[]): number => amounts.reduce((a, b) => a + b, 0);
const line = fc.record({
  sku: fc.constantFrom("A", "B", "C"),
  quantity: fc.integer({ min: 1, max: 999 }),
  unitPrice: fc.integer({ min: 0, max: 99_999_999 }),
});

describe("an order's money is shared out over its lines", () => {
  it("so that lines add up to the goods, and goods and extras to captured less refunded, to the unit", () => {
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 100 }),
        fc.nat(100_000),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (lines, extras, share) => {
          const listed = sum(lines.map(({ quantity, unitPrice }) => quantity * unitPrice));
          const total = listed + extras;
          const refunded = Math.floor(total * share);
          const { goods, perLine } = allocate({ captured: total, refunded, total }, lines);
          expect(sum(perLine)).toBe(goods);
          const kept = total - refunded - goods;
          expect(kept).toBeGreaterThanOrEqual(0);
          expect(kept).toBeLessThanOrEqual(extras);
          // Each line is within one unit of its exact share.
          lines.forEach(({ quantity, unitPrice }, i) => {
            if (listed === 0) return;
            const exact = Number((BigInt(goods) * BigInt(quantity * unitPrice)) / BigInt(listed));
            expect(Math.abs((perLine[i] ?? 0) - exact)).toBeLessThanOrEqual(1);
          });
        },
      ),
    );
  });

  it("a paid order gives each line its own amount, and a refunded one nothing", () => {
    const lines = [
      { sku: "A", quantity: 2, unitPrice: 1_000 },
      { sku: "B", quantity: 1, unitPrice: 333 },
    ];
    const total = 2_333 + 495;
    expect(allocate({ captured: total, refunded: 0, total }, lines)).toEqual({ goods: 2_333, perLine: [2_000, 333] });
    expect(allocate({ captured: total, refunded: total, total }, lines)).toEqual({ goods: 0, perLine: [0, 0] });
    // Half of the order: 248 of the shipping stay, and the goods share the rest.
    expect(allocate({ captured: total, refunded: 1_414, total }, lines)).toEqual({
      goods: 1_166,
      perLine: [1_000, 166],
    });
  });

  it("the largest remainders get what is left over, the earlier line first", () => {
    expect(byLargestRemainder(100, [1, 1, 1])).toEqual([34, 33, 33]);
    expect(byLargestRemainder(-100, [1, 1, 1])).toEqual([-34, -33, -33]);
    expect(byLargestRemainder(5, [0, 0])).toEqual([0, 0]);
  });
});

const lines = [
  { sku: "A", quantity: 2, unitPrice: 1_000 },
  { sku: "B", quantity: 1, unitPrice: 500 },
];

function orderFact(
  type: "order.placed" | "order.paid" | "order.refunded",
  version: number | undefined,
  refunded = 0,
): MoneyFact {
  const captured = type === "order.placed" ? 0 : 2_995;
  const head = { v: 1, id: `${type}:ord_1:${refunded}`, orderId: "ord_1", cartId: "cart_1", status: "paid" } as const;
  return {
    ...head,
    type,
    version,
    currency: "USD",
    total: 2_995,
    captured,
    refunded,
    lines,
    at: 1_000 + (version ?? 0),
  };
}

/** Folds facts in this order and adds up what they changed. */
function totalOf(facts: readonly MoneyFact[]) {
  let row: OrderMoney | undefined;
  const effects: MoneyEffect[] = [];
  for (const fact of facts) {
    const folded = foldMoney(row, fact);
    row = folded.row;
    effects.push(folded.effect);
  }
  const perSku: Record<string, number> = {};
  for (const { sku, revenue } of effects.flatMap(({ products }) => products))
    perSku[sku] = (perSku[sku] ?? 0) + revenue;
  return {
    captured: sum(effects.map((effect) => effect.captured)),
    refunded: sum(effects.map((effect) => effect.refunded)),
    goods: sum(effects.map((effect) => effect.goods)),
    orders: sum(effects.map((effect) => effect.orders)),
    units: sum(effects.map((effect) => effect.units)),
    placed: effects.filter(({ checkedOut }) => checkedOut.length > 0).length,
    news: effects.filter(({ isNew }) => isNew).length,
    perSku,
  };
}

describe("money is counted once for ever", () => {
  const story = [
    orderFact("order.placed", 2),
    orderFact("order.paid", 4),
    orderFact("order.refunded", 6, 1_000),
    orderFact("order.refunded", 7, 2_995),
  ];

  it("in whatever order the facts of an order arrive, and however often", () => {
    const expected = totalOf(story);
    expect(expected).toMatchObject({ captured: 2_995, refunded: 2_995, orders: 1, units: 3, placed: 1, news: 4 });
    fc.assert(
      fc.property(fc.shuffledSubarray([...story, ...story, ...story], { minLength: 0, maxLength: 12 }), (rest) => {
        // The newest has to arrive at some time; whatever else does, and when, makes no difference to the money.
        const facts = [...rest, ...story];
        const { news: _a, placed: _b, ...money } = totalOf(facts);
        const { news: _c, placed: _d, ...wanted } = expected;
        expect(money).toEqual(wanted);
        expect(totalOf(facts)).toMatchObject({ news: 4, placed: 1 });
      }),
    );
  });

  it("an order that was paid when it was too late, and given back, was never sold", () => {
    const late = { ...orderFact("order.refunded", 6, 2_995) };
    expect(totalOf([orderFact("order.placed", 2), late])).toMatchObject({
      captured: 2_995,
      refunded: 2_995,
      orders: 0,
      units: 0,
      goods: 0,
    });
  });

  it("facts of senders that tell no version add up to the same", () => {
    const old = [
      orderFact("order.placed", undefined),
      orderFact("order.paid", undefined),
      { ...orderFact("order.refunded", undefined, 1_500), at: 2_000 },
    ];
    for (const facts of [old, old.toReversed(), [...old, ...old]]) {
      expect(totalOf(facts)).toMatchObject({ captured: 2_995, refunded: 1_500, orders: 1 });
    }
  });

  it("an order of another system and its refunds count once each, and never more than it brought", () => {
    const order: MoneyFact = { v: 1, type: "order.reported", id: "r1", key: "erp:17", currency: "EUR", lines, at: 5 };
    const refund = (id: string, amount?: number): MoneyFact => ({
      v: 1,
      type: "order.reported_refund",
      id,
      key: "erp:17",
      currency: "EUR",
      amount,
      lines: [],
      at: 6,
    });
    const facts = [order, refund("r2", 300), refund("r3", 200)];
    expect(totalOf(facts)).toMatchObject({ captured: 2_500, refunded: 500, orders: 1, units: 3 });
    for (const shuffled of [facts.toReversed(), [...facts, ...facts]]) {
      expect(totalOf(shuffled)).toMatchObject({ captured: 2_500, refunded: 500, orders: 1 });
    }
    expect(totalOf([refund("r2"), order])).toMatchObject({ captured: 2_500, refunded: 2_500, goods: 0 });
    expect(totalOf([order, refund("r2", 9_999)])).toMatchObject({ captured: 2_500, refunded: 2_500 });
  });

  it("effects on products add up to the effect on goods, fact by fact", () => {
    const { goods, perSku } = totalOf(story);
    expect(sum(Object.values(perSku))).toBe(goods);
    expect(totalOf(story.slice(0, 2)).perSku).toEqual({ A: 2_000, B: 500 });
  });
});
