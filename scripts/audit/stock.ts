import { type Check, check, sumBy } from "./check.ts";
import type { OrderObject, Snapshot } from "./snapshot.ts";

/** Invariant 1: no unit is sold twice and none is lost. */
export function checkStock({ orders, stock }: Snapshot): Check[] {
  const objects = orders.flatMap(({ object }) => object ?? []);
  const claimed = unitsBySku(objects.filter(({ order }) => order.stock === "claimed"));
  const reserved = unitsBySku(objects.filter(({ order }) => order.stock === "reserved"));
  const known = new Map(objects.map((object) => [object.order.id, object]));
  const levels = stock.map(({ level }) => level);
  const holds = stock.flatMap(({ level, held }) => held.map((hold) => ({ ...hold, sku: level.sku })));
  return [
    check("1 received = on_hand + sold", levels, ({ sku, received, on_hand, sold }) =>
      received === on_hand + sold ? undefined : `${sku}: received ${received}, on_hand ${on_hand} + sold ${sold}`,
    ),
    check("1 0 <= reserved <= on_hand", levels, ({ sku, received, on_hand, sold, reserved: held }) =>
      held >= 0 && held <= on_hand && sold >= 0 && received >= 0
        ? undefined
        : `${sku}: reserved ${held}, on_hand ${on_hand}, sold ${sold}`,
    ),
    check("1 open holds = reserved", stock, ({ level, held }) => {
      const units = held.reduce((sum, { quantity }) => sum + quantity, 0);
      return units === level.reserved ? undefined : `${level.sku}: holds of ${units}, reserved ${level.reserved}`;
    }),
    check("1 sold = units of paid orders", levels, ({ sku, sold }) => {
      const units = claimed.get(sku) ?? 0;
      return units === sold ? undefined : `${sku}: sold ${sold}, orders claim ${units}`;
    }),
    check("1 reserved = units of unpaid orders", levels, ({ sku, reserved: held }) => {
      const units = reserved.get(sku) ?? 0;
      return units === held ? undefined : `${sku}: reserved ${held}, orders hold ${units}`;
    }),
    check("1 every hold belongs to an order", holds, ({ sku, order_id: id, quantity }) => {
      const ordered = unitsOf(known.get(id), sku);
      return ordered === quantity ? undefined : `${sku}: ${quantity} held for ${id}, which ordered ${ordered}`;
    }),
    check("1 every SKU sold is in the catalog", [...claimed.keys()], (sku) =>
      levels.some((level) => level.sku === sku) ? undefined : `${sku}: paid for, but not in the catalog`,
    ),
  ];
}

function unitsBySku(objects: readonly OrderObject[]): Map<string, number> {
  const lines = objects.flatMap(({ order }) => order.lines);
  return sumBy(
    lines,
    ({ sku }) => sku,
    ({ quantity }) => quantity,
  );
}

function unitsOf(object: OrderObject | undefined, sku: string): number {
  return (object?.order.lines ?? []).reduce((sum, line) => (line.sku === sku ? sum + line.quantity : sum), 0);
}
