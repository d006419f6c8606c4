import type { Dispute, Order, OrderEvent } from "./order-record.ts";

type Disputed = OrderEvent & { readonly type: "disputed" };

const CLOSED: ReadonlySet<string> = new Set(["won", "lost", "warning_closed"]);

/**
 * Whether the order knows something newer of this dispute. Events come in any order and some days late, and what was said before a dispute was
 * closed must not open it again. The PSP's times are whole seconds: of two in one, the one that closes is the later.
 */
export function isOldNews(order: Order, { dispute, at }: Disputed): boolean {
  const known = order.disputes?.find(({ id }) => id === dispute.id);
  if (known?.at === undefined) return false;
  return at < known.at || (at === known.at && CLOSED.has(known.status) && !CLOSED.has(dispute.status));
}

export function withDispute(order: Order, { dispute, at }: Disputed): Dispute[] {
  return [...(order.disputes ?? []).filter((other) => other.id !== dispute.id), { ...dispute, at }];
}
