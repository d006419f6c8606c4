/** What a rule can watch. `product` metrics have one value per SKU (or per category: their sum), `flag` metrics one per guarded flag, the others one for the shop. */
export const METRICS = {
  "stock.available": { of: "product", unit: "units" },
  /** Of the last 60 seconds. */
  "views.per_minute": { of: "product", unit: "events/min" },
  "orders.per_minute": { of: "product", unit: "orders/min" },
  /** Mean of the last five whole minutes, net, in the shop's currency. */
  "revenue.per_minute": { of: "shop", unit: "minor units/min" },
  /**
   * Of the last 10 minutes. Absent while the hour before them had too few orders for ten minutes without one to mean anything, unless they had so many themselves
   * that they say it alone.
   */
  "orders.last_10m": { of: "shop", unit: "orders" },
  /** Sessions that bought per session that viewed in the last 60 minutes, 0 to 1. Absent with fewer than a hundred sessions. */
  "conversion.last_60m": { of: "shop", unit: "ratio" },
  /** The same against the same hour of yesterday: 0.5 is half of it. Absent while either hour has too few sessions to say anything. */
  "conversion.against_yesterday": { of: "shop", unit: "ratio" },
  /** Carts abandoned per cart that was abandoned or bought, in the last 60 minutes. Absent with fewer than twenty carts. */
  "abandonment.last_60m": { of: "shop", unit: "ratio" },
  /** Rejected events per event received, in the last 10 minutes. Absent with fewer than a hundred events. */
  "events.rejected_share": { of: "shop", unit: "ratio" },
  /** p99 of receipt to screen. Absent while nobody watches. */
  "latency.event_to_frame_p99": { of: "shop", unit: "ms" },
  /** Messages that wait in all queues, and the age of the oldest. */
  "queues.backlog": { of: "shop", unit: "messages" },
  "queues.oldest_age": { of: "shop", unit: "s" },
  /** Letters in all dead-letter objects that nobody has dealt with. */
  "dead_letters.count": { of: "shop", unit: "messages" },
  /** How long a charge waits for its turn at the payment provider. */
  "payments.wait": { of: "shop", unit: "s" },
  /**
   * Calls to the payment provider that nobody knows the end of, or that were refused for our credentials, per call of the last minute; fewer than five count as five.
   * Absent while none is made.
   */
  "payments.failed_share": { of: "shop", unit: "ratio" },
  /** Calls that failed per call, of the stage of the pipeline that fails most, in the last one to two minutes. Absent below twenty calls. */
  "stages.error_share": { of: "shop", unit: "ratio" },
  /** 1 from the moment in which the guard took a path back until a person rearms or kills it, else 0. Told in the decision itself. */
  "flag.rolled_back": { of: "flag", unit: "rollbacks" },
} as const satisfies Record<string, { readonly of: "product" | "shop" | "flag"; readonly unit: string }>;
export type AlertMetric = keyof typeof METRICS;

export const SEVERITIES = ["info", "warning", "critical"] as const;
export type AlertSeverity = (typeof SEVERITIES)[number];

/** How bad, as a number to sort by. */
export const severityRank = (severity: AlertSeverity): number => SEVERITIES.indexOf(severity);
