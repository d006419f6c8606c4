import type { Order, OrderLine, Units } from "./order-record.ts";

/** Lines after these units were handed over. */
export function sent(lines: readonly OrderLine[], units: readonly Units[]): OrderLine[] {
  return lines.map((line) => {
    const now = units.filter(({ sku }) => sku === line.sku).reduce((sum, { quantity }) => sum + quantity, 0);
    return now === 0 ? line : { ...line, fulfilled: (line.fulfilled ?? 0) + now };
  });
}

/** Why these units cannot be sent, or `undefined` when they can: goods leave once, and only if they were ordered and claimed. */
export function unsendable(order: Order, units: readonly Units[]): { sku: string; left: number } | undefined {
  for (const sku of new Set(units.map((one) => one.sku))) {
    const left = unsent(order, sku);
    const wanted = units.filter((one) => one.sku === sku).reduce((sum, { quantity }) => sum + quantity, 0);
    if (wanted > left) return { sku, left };
  }
  return undefined;
}

/** Whether not a single unit was handed over. */
export const isUnsent = (order: Order): boolean => order.lines.every((line) => !line.fulfilled);

/** Everything that has not been sent yet. */
export const allUnsent = (order: Order): Units[] =>
  order.lines.flatMap(({ sku }) => (unsent(order, sku) > 0 ? [{ sku, quantity: unsent(order, sku) }] : []));

function unsent(order: Order, sku: string): number {
  const line = order.lines.find((one) => one.sku === sku);
  // Without its claim the goods of a paid order are not there; they are on their way back to the shopper as money.
  if (!line || (order.stock !== "claimed" && order.stock !== "claiming")) return 0;
  return line.quantity - (line.fulfilled ?? 0);
}
