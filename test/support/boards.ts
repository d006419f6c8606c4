import { type Board, FUNNEL_STEPS, type ProductRow } from "../../src/domain/live.ts";

const NOTHING = { amount: 0, currency: "USD" } as const;

export function productOf(sku: string, figures: Partial<ProductRow> = {}): ProductRow {
  return {
    sku,
    name: `Product ${sku}`,
    category: "serums",
    brand: "Saltmarsh",
    image: "",
    enriched: true,
    views: 0,
    adds: 0,
    checkouts: 0,
    orders: 0,
    units: 0,
    revenue: NOTHING,
    conversion: null,
    trend: { score: 0, rank: null },
    stock: null,
    spark: Array.from({ length: 30 }, () => 0),
    ...figures,
  };
}

/** A shop in which nothing has happened, apart from what is said. */
export function boardOf(products: readonly ProductRow[], sections: Partial<Board> = {}): Board {
  return {
    day: { date: "2026-11-25", time_zone: "America/New_York", starts_at: "2026-11-25T05:00:00.000Z", currency: "USD" },
    totals: {
      revenue: { today: NOTHING, yesterday: null },
      orders: { today: 0, yesterday: null },
      average_order_value: { today: null, yesterday: null },
      conversion: { today: null, yesterday: null },
      refunds: NOTHING,
      units: 0,
      views: 0,
      adds: 0,
      checkouts: 0,
      visitors_now: 0,
      visitors_today: 0,
      abandoned: { carts: 0, value: NOTHING, rate: null },
      other_currencies: [],
    },
    freshness: { newest_event_at: null, event_to_frame_ms: null, behind_ms: 0 },
    alerts: [],
    alerts_total: 0,
    products,
    funnel: { steps: FUNNEL_STEPS.map((step) => ({ step, sessions: 0 })), largest_drop: null },
    minutes: [],
    ledger: { received: 0, applied: 0, duplicate: 0, late: 0, rejected: 0, pending: 0, rejected_by: [], facts: [] },
    shards: [{ name: "shard-0", received: 0, sessions: 0, rows_written: 0, unpushed_ms: 0 }],
    ...sections,
  };
}

/** `GET /admin/v1/metrics` of a shop in which events wait and two have died. */
export const METRICS = {
  as_of: "2026-11-25T10:00:05.000Z",
  queues: ["orders", "payments", "events", "notifications"].map((queue) => ({
    queue,
    backlog: queue === "events" ? 6 : 0,
    backlog_bytes: 0,
    ...(queue === "events" && { oldest_at: "2026-11-25T10:00:01.600Z" }),
  })),
  dead_letters: [{ queue: "events-dead", count: 2 }],
  payment_provider: { wait_ms: 0, calls_per_s: 100 },
};
