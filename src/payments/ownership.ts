import { isOrderId } from "../domain/ids.ts";

/** What we write on everything we create at Stripe. Other things there have none of it, or another system's. */
export type Metadata = Readonly<Record<string, string>>;

/** The order that an object of Stripe's belongs to, or `undefined` when it is not one of ours. */
export function orderOf(metadata: Metadata | null | undefined): string | undefined {
  const id = metadata?.["order_id"];
  return id !== undefined && isOrderId(id) ? id : undefined;
}

/** Whether it names an order in our way, but none that we can have made: something else writes ids like ours, or ours were mangled. */
export function isForeignOrder(metadata: Metadata): boolean {
  const id = metadata["order_id"] ?? "";
  return id.startsWith("ord_") && !isOrderId(id);
}

/** The attempt that created it; 0 when it does not say. */
export function attemptOf(metadata: Metadata | null | undefined): number {
  const attempt = Number(metadata?.["attempt"] ?? 0);
  return Number.isInteger(attempt) && attempt > 0 && attempt <= 100 ? attempt : 0;
}
