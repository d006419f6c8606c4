import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  adjust,
  assertLevel,
  availableUnits,
  claim,
  emptyLevel,
  release,
  type Reservation,
  reserve,
  restock,
  type StockLevel,
} from "../../src/domain/stock.ts";

const EXPIRES = 1_000;

function stocked(units: number): StockLevel {
  const level = adjust(emptyLevel("A"), units);
  if (!level.ok) throw new Error(level.reason);
  return level.value;
}

describe("stock", () => {
  it("pitfall 1: releasing for an order that never held anything changes nothing", () => {
    const level = stocked(1);
    expect(release(level, undefined)).toEqual({ level, reservation: undefined });
    expect(restock(level, undefined)).toEqual({ level, reservation: undefined });
  });

  it("never takes a claimed unit back by release, only by restock", () => {
    const claimed = claim(stocked(1), undefined, { orderId: "o", quantity: 1, keepUntil: EXPIRES });
    if (!claimed.ok) throw new Error(claimed.reason);
    const { level, reservation } = claimed.value;
    expect(release(level, reservation).level).toEqual(level);
    expect(restock(level, reservation)).toMatchObject({ level: { onHand: 1, sold: 0 }, reservation: undefined });
  });

  it("refuses shrinkage below what is held and says how much is possible", () => {
    const held = reserve(stocked(5), undefined, { orderId: "o", quantity: 4, expiresAt: EXPIRES });
    if (!held.ok) throw new Error(held.reason);
    expect(adjust(held.value.level, -2)).toMatchObject({ ok: false, reason: "below_reserved", minimumDelta: -1 });
  });

  it("leaves others what is asked for, or takes nothing; who holds already is not asked", () => {
    const request = { orderId: "o", quantity: 2, expiresAt: EXPIRES };
    expect(reserve(stocked(5), undefined, { ...request, spare: 4 })).toEqual({
      ok: false,
      reason: "scarce",
      available: 5,
    });
    expect(reserve(stocked(1), undefined, { ...request, spare: 4 })).toMatchObject({
      reason: "sold_out",
      available: 1,
    });
    const taken = reserve(stocked(6), undefined, { ...request, spare: 4 });
    if (!taken.ok) throw new Error(taken.reason);
    expect(taken.value).toMatchObject({ level: { reserved: 2 }, reservation: { quantity: 2, state: "held" } });
    const { level, reservation } = taken.value;
    expect(reserve(level, reservation, { ...request, spare: 100 })).toMatchObject({ ok: true, value: { level } });
  });

  it("keeps its invariant and never promises a unit twice, whatever orders do in whatever order", () => {
    const order = fc.constantFrom("o1", "o2", "o3", "o4", "o5");
    const command = fc.record({
      kind: fc.constantFrom("reserve", "release", "claim", "restock", "adjust"),
      order,
      quantity: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        let level = stocked(6);
        const held = new Map<string, Reservation>();
        for (const { kind, order: orderId, quantity } of commands) {
          const mine = held.get(orderId);
          if (kind === "adjust") {
            const next = adjust(level, quantity % 2 === 0 ? quantity : -quantity);
            level = next.ok ? next.value : level;
          } else {
            const change = apply(kind, level, mine, orderId, quantity);
            if (change) {
              level = change.level;
              if (change.reservation) held.set(orderId, change.reservation);
              else held.delete(orderId);
            }
          }
          assertLevel(level);
          const sum = (state: string): number =>
            [...held.values()].filter((one) => one.state === state).reduce((total, one) => total + one.quantity, 0);
          expect(level.reserved).toBe(sum("held"));
          expect(level.sold).toBe(sum("claimed"));
          expect(availableUnits(level)).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function apply(kind: string, level: StockLevel, mine: Reservation | undefined, orderId: string, quantity: number) {
  if (kind === "release") return release(level, mine);
  if (kind === "restock") return restock(level, mine);
  const reply =
    kind === "reserve"
      ? reserve(level, mine, { orderId, quantity, expiresAt: EXPIRES })
      : claim(level, mine, { orderId, quantity, keepUntil: EXPIRES });
  return reply.ok ? reply.value : undefined;
}
