import * as z from "zod";

/**
 * What the shop and the payment provider say of themselves at one moment: the input of `reconcile`. The admin API's answers are parsed with
 * these schemas, so that a field which is not there fails loudly and does not count as zero.
 */
const units = z.int();
const money = z.object({ amount: z.int(), currency: z.string() });

export const ledgerEntrySchema = z.object({
  ref: z.string(),
  kind: z.enum(["capture", "refund"]),
  intent: z.string(),
  amount: money,
});

export const orderObjectSchema = z.object({
  order: z.object({
    id: z.string(),
    status: z.string(),
    version: z.int(),
    lines: z.array(z.object({ sku: z.string(), quantity: units })),
    totals: z.object({ total: money }),
    payment: z.object({ status: z.string(), captured: money, refunded: money }),
    stock: z.enum(["reserving", "reserved", "claiming", "claimed", "released"]),
  }),
  ledger: z.array(ledgerEntrySchema),
  pending_work: z.int(),
});

export const orderEntrySchema = z.object({
  projection: z.object({
    id: z.string(),
    status: z.string(),
    version: z.int(),
    total: money,
    captured: money,
    refunded: money,
  }),
  object: orderObjectSchema.nullable(),
});

export const stockEntrySchema = z.object({
  level: z.object({ sku: z.string(), received: units, on_hand: units, sold: units, reserved: units, seq: z.int() }),
  held: z.array(z.object({ order_id: z.string(), quantity: units })),
  claimed: z.object({ orders: z.int(), units }),
  pending_work: z.int(),
  projection: z.object({ on_hand: units, reserved: units, sold: units, seq: z.int() }).nullable(),
});

export const metricsSchema = z.object({
  queues: z.array(z.object({ queue: z.string(), backlog: z.int() })),
  dead_letters: z.array(z.object({ queue: z.string(), count: z.int() })),
});

const totalsSchema = z.record(
  z.string(),
  z.object({ captured: z.int(), refunded: z.int(), orders: z.int(), goods: z.int() }),
);
const booksSchema = z.object({ own: totalsSchema, reported: totalsSchema });

export const analyticsSchema = z.object({
  shards: z.array(
    z.object({
      name: z.string(),
      ledger: z.object({
        received: z.int(),
        applied: z.int(),
        duplicate: z.int(),
        late: z.int(),
        rejected: z.int(),
        pending: z.int(),
      }),
      money: booksSchema,
      rows: booksSchema,
      unpushed: z.int(),
    }),
  ),
  slices: z.array(z.object({ name: z.string(), revenue: z.record(z.string(), z.int()) })),
  spills: z.array(z.object({ shard: z.string(), parts: z.int(), events: z.int() })),
});

export type Analytics = z.infer<typeof analyticsSchema>;
export type OrderObject = z.infer<typeof orderObjectSchema>;
export type StockEntry = z.infer<typeof stockEntrySchema>;
export type Metrics = z.infer<typeof metricsSchema>;

/** An order as the object knows it (`null`: it knows none) and as the read model shows it (`undefined`: it has no row). */
export interface OrderEntry {
  readonly id: string;
  readonly projection?: z.infer<typeof orderEntrySchema>["projection"] | undefined;
  readonly object: OrderObject | null;
}

/** A PaymentIntent with its refunds: done, and still with a bank (`refunding`). Amounts in minor units. */
export interface PspIntent {
  readonly id: string;
  readonly status: string;
  readonly amount: number;
  readonly received: number;
  readonly refunded: number;
  readonly refunding?: number;
  readonly currency: string;
  readonly orderId: string | undefined;
}

export interface Snapshot {
  readonly orders: readonly OrderEntry[];
  readonly stock: readonly StockEntry[];
  readonly intents: readonly PspIntent[];
  readonly metrics: Metrics;
  readonly analytics: Analytics;
}
