import type { EventsMessage } from "../../src/domain/messages.ts";

/**
 * What one queue batch has for one shard: the rows of many `EventBatch`es in the same columns, and which batch each came from. At most
 * `LIMITS.eventsPerApply` rows.
 */
export interface ShardPart {
  /** Per batch: the 64-bit hash of its id, when it was received (UTC ms), and the index after its last row. */
  readonly batchHigh: Uint32Array;
  readonly batchLow: Uint32Array;
  readonly receivedAt: Float64Array;
  readonly end: Uint32Array;
  /** Of all batches; `label` points in here. */
  readonly labels: readonly string[];
  readonly idHigh: Uint32Array;
  readonly idLow: Uint32Array;
  readonly visitorHigh: Uint32Array;
  readonly visitorLow: Uint32Array;
  readonly stamp: Float64Array;
  readonly at: Float64Array;
  readonly kind: Uint8Array;
  readonly label: Uint16Array;
}

export type OrderFact = Extract<EventsMessage, { readonly version?: number | undefined; readonly orderId: string }>;
export type CartFact = Extract<EventsMessage, { readonly type: "cart.added" | "cart.abandoned" }>;
export type ReportedFact = Extract<EventsMessage, { readonly type: "order.reported" | "order.reported_refund" }>;

/** Facts with what they mean to this shard: the money of an order lives in one shard, the funnel of its shopper in another. */
export type ShardFact =
  | { readonly role: "money"; readonly fact: OrderFact | ReportedFact }
  | { readonly role: "funnel"; readonly fact: OrderFact | ReportedFact }
  | { readonly role: "cart"; readonly fact: CartFact };

export interface ApplyRequest {
  readonly part?: ShardPart | undefined;
  readonly facts: readonly ShardFact[];
}

/** What became of the rows. Rows of a batch that was applied before are in none of these. */
export interface ApplyReply {
  readonly received: number;
  readonly applied: number;
  readonly duplicate: number;
  readonly late: number;
  readonly rejected: number;
}

/** For `npm run audit`: all that was ever counted, and all money, minor units per currency. */
export interface ShardAudit {
  readonly name: string;
  readonly ledger: {
    readonly received: number;
    readonly applied: number;
    readonly duplicate: number;
    readonly late: number;
    readonly rejected: number;
    readonly pending: number;
  };
  readonly money: Readonly<Record<string, MoneyTotals>>;
  /** What the orders' rows add up to; the same as `money`, unless something is wrong. */
  readonly orders: Readonly<Record<string, MoneyTotals>>;
  /** Deltas that no slice has confirmed yet. */
  readonly unpushed: number;
}

export interface MoneyTotals {
  readonly captured: number;
  readonly refunded: number;
  readonly orders: number;
  /** Net amount that belongs to products: the rest is shipping and tax. */
  readonly goods: number;
}
