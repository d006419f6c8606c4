import { refundable } from "../domain/order-payment.ts";
import type { LedgerEntry, Order } from "../domain/order-record.ts";
import type { HistoryEntry } from "../../durable-objects/order/table.ts";
import { money, time } from "./context.ts";

/** The row of an order in the read model, as D1 holds it. */
export interface OrderRow {
  readonly id: string;
  readonly number: string;
  readonly status: string;
  readonly cart_id: string;
  readonly email: string | null;
  readonly currency: string;
  readonly total: number;
  readonly captured: number;
  readonly refunded: number;
  readonly intent: string | null;
  readonly review: string | null;
  readonly version: number;
  readonly placed_at: number;
  readonly updated_at: number;
}

export const rowView = (row: OrderRow) => ({
  id: row.id,
  number: row.number,
  status: row.status,
  cart_id: row.cart_id,
  ...(row.email !== null && { email: row.email }),
  total: money(row.total, row.currency),
  captured: money(row.captured, row.currency),
  refunded: money(row.refunded, row.currency),
  ...(row.intent !== null && { intent: row.intent }),
  ...(row.review !== null && { review: row.review }),
  version: row.version,
  placed_at: time(row.placed_at),
  updated_at: time(row.updated_at),
});

/** What the Order object itself says of everything that there is to reconcile. */
export interface OrderAudit {
  readonly order: Order;
  readonly ledger: readonly (LedgerEntry & { readonly at: number })[];
  readonly history: readonly HistoryEntry[];
  readonly pendingWork: number;
}

export const auditView = ({ order, ledger, history, pendingWork }: OrderAudit) => ({
  order: orderView(order),
  ledger: ledger.map(({ ref, kind, intent, amount, currency, at }) => ({
    ref,
    kind,
    intent,
    amount: money(amount, currency),
    at: time(at),
  })),
  history: history.map((entry) => ({ ...entry, at: time(entry.at) })),
  pending_work: pendingWork,
});

/** An order as the operator sees it: with its stock, its attempts and its review, but never with the client secret. */
export const orderView = (order: Order) => ({
  id: order.id,
  number: order.number,
  status: order.state,
  cart_id: order.cartId,
  customer: order.customer,
  lines: order.lines.map(({ sku, name, quantity, unitPrice, fulfilled = 0 }) => ({
    sku,
    name,
    quantity,
    unit_price: money(unitPrice, order.currency),
    total: money(unitPrice * quantity, order.currency),
    fulfilled,
  })),
  totals: {
    subtotal: money(order.totals.subtotal, order.currency),
    discount: money(order.totals.discount, order.currency),
    shipping: money(order.totals.shipping, order.currency),
    tax: money(order.totals.tax, order.currency),
    total: money(order.totals.total, order.currency),
  },
  payment: {
    method: order.payment.method.kind,
    status: order.payment.status,
    attempt: order.payment.attempt,
    intent: order.payment.intent,
    error: order.payment.error && {
      code: order.payment.error.code,
      decline_code: order.payment.error.declineCode,
      message: order.payment.error.message,
    },
    captured: money(order.payment.captured, order.currency),
    refunded: money(order.payment.refunded, order.currency),
    refundable: money(Math.max(0, refundable(order)), order.currency),
    refunds: (order.payment.requests ?? []).map(({ id, amount, reason, status }) => ({
      id,
      amount: money(amount, order.currency),
      reason,
      status,
    })),
    review: order.payment.review,
  },
  disputes: (order.disputes ?? []).map(({ amount, at, ...dispute }) => ({
    ...dispute,
    amount: money(amount, order.currency),
    ...(at !== undefined && { at: time(at) }),
  })),
  stock: order.stock,
  shortages: order.shortages,
  request_id: order.requestId,
  version: order.version,
  placed_at: time(order.placedAt),
  updated_at: time(order.updatedAt),
});
