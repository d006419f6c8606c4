import { type Check, check } from "./check.ts";
import type { OrderEntry, OrderObject, Snapshot } from "./snapshot.ts";

/** Invariant 6: everything that was sent has arrived, is kept as a dead letter, or still waits in a queue. */
export function checkDelivery({ orders, stock, metrics }: Snapshot): Check[] {
  return [
    check("6 read model = orders", orders, ({ id, projection, object }) => {
      if (!object) return `${id}: has a row, but the object knows no such order`;
      // An order that never got its stock is answered to the shopper at once and is not listed.
      if (!projection) return object.order.status === "rejected" ? undefined : `${id}: is not in the read model`;
      const difference = differenceOf(projection, object);
      return difference && `${id}: ${difference}`;
    }),
    check("6 read model = stock", stock, ({ level, projection }) => {
      if (!projection) return level.seq === 0 ? undefined : `${level.sku}: is not in the read model`;
      const different = (["seq", "on_hand", "reserved", "sold"] as const).find(
        (name) => projection[name] !== level[name],
      );
      return different && `${level.sku}: ${different} ${level[different]}, the read model has ${projection[different]}`;
    }),
    check("6 nothing left to do in objects", [...orders, ...stock], (entry) => {
      const [name, work] =
        "level" in entry ? [entry.level.sku, entry.pending_work] : [entry.id, entry.object?.pending_work ?? 0];
      return work === 0 ? undefined : `${name}: ${work} piece${work === 1 ? "" : "s"} of work`;
    }),
    check("6 queues are empty", metrics.queues, ({ queue, backlog }) =>
      backlog === 0 ? undefined : `${queue}: ${backlog} message${backlog === 1 ? "" : "s"} waiting`,
    ),
  ];
}

/**
 * Where the row differs from what it should show. Its version may be behind: an order also counts steps that no list shows (its
 * stock was claimed, its PaymentIntent was created), and these are not sent.
 */
function differenceOf(row: NonNullable<OrderEntry["projection"]>, { order }: OrderObject): string | undefined {
  const { captured, refunded } = order.payment;
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ["status", order.status, row.status],
    ["total", order.totals.total.amount, row.total.amount],
    ["captured", captured.amount, row.captured.amount],
    ["refunded", refunded.amount, row.refunded.amount],
  ];
  const different = pairs.find(([, truth, shown]) => truth !== shown);
  if (different) return `${different[0]} is ${different[1]}, the read model has ${different[2]}`;
  return row.version > order.version ? `version ${order.version}, the read model has ${row.version}` : undefined;
}
