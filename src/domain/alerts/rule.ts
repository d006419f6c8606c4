import * as z from "zod";
import { LIMITS } from "../limits.ts";

/** What a rule can watch. `product` metrics have one value per SKU (or per category: their sum), the others one for the shop. */
export const METRICS = {
  "stock.available": { of: "product", unit: "units" },
  "views.per_minute": { of: "product", unit: "events/min" },
  "orders.per_minute": { of: "product", unit: "orders/min" },
  "revenue.per_minute": { of: "shop", unit: "minor units/min" },
  /** Orders of the shop in the last 10 minutes. */
  "orders.last_10m": { of: "shop", unit: "orders" },
  /** Orders per view in the last 60 minutes, 0 to 1. */
  "conversion.last_60m": { of: "shop", unit: "ratio" },
  /** The same against the same hour of yesterday: 0.5 is half of it. Absent while either hour has too few views to say anything. */
  "conversion.against_yesterday": { of: "shop", unit: "ratio" },
  /** Carts abandoned per cart that was abandoned or checked out, in the last 60 minutes. */
  "abandonment.last_60m": { of: "shop", unit: "ratio" },
  /** Rejected events per event received, in the last 10 minutes. */
  "events.rejected_share": { of: "shop", unit: "ratio" },
  /** p99 of receipt to screen. */
  "latency.event_to_frame_p99": { of: "shop", unit: "ms" },
  /** Messages that wait in all queues, and the age of the oldest. */
  "queues.backlog": { of: "shop", unit: "messages" },
  "queues.oldest_age": { of: "shop", unit: "s" },
  /** Letters in all dead-letter objects that nobody has dealt with. */
  "dead_letters.count": { of: "shop", unit: "messages" },
} as const satisfies Record<string, { readonly of: "product" | "shop"; readonly unit: string }>;
export type AlertMetric = keyof typeof METRICS;

export const SEVERITIES = ["info", "warning", "critical"] as const;
export type AlertSeverity = (typeof SEVERITIES)[number];

const DAY_S = 86_400;
const minuteOfDay = z
  .int()
  .min(0)
  .max(24 * 60);

/** The whole of a rule as a person writes it. Durations in seconds, times of day in minutes after local midnight. */
export const alertRuleSchema = z
  .strictObject({
    name: z.string().min(1).max(LIMITS.nameChars),
    metric: z.enum(Object.keys(METRICS) as [AlertMetric, ...AlertMetric[]]),
    /** Of a product metric: every SKU by itself, one SKU, or a category as a whole. Shop metrics have the scope `shop`. */
    scope: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("shop") }),
      z.strictObject({ kind: z.literal("each_product") }),
      z.strictObject({ kind: z.literal("product"), sku: z.string().min(1).max(LIMITS.skuChars) }),
      z.strictObject({ kind: z.literal("category"), category: z.string().min(1).max(LIMITS.nameChars) }),
    ]),
    comparator: z.enum(["below", "above"]),
    threshold: z.number(),
    /** The value at which it is over: not on the threshold's bad side, so that a value that trembles is one alert. */
    clear: z.number(),
    /** How long the value has to stay bad before it is an alert. */
    for_s: z.int().min(0).max(DAY_S).default(0),
    /** After it is over: how long the same alert stays quiet. */
    cooldown_s: z
      .int()
      .min(0)
      .max(7 * DAY_S)
      .default(0),
    severity: z.enum(SEVERITIES),
    enabled: z.boolean().default(true),
    /** Only at these times of the shop's day; `to` before `from` runs over midnight. */
    hours: z.strictObject({ from: minuteOfDay, to: minuteOfDay }).optional(),
  })
  .check(({ value, issues }) => {
    const isShop = METRICS[value.metric].of === "shop";
    if (isShop !== (value.scope.kind === "shop")) {
      const wanted = isShop ? "shop" : "each_product, product or category";
      issues.push({
        code: "custom",
        path: ["scope", "kind"],
        message: `must be ${wanted} for ${value.metric}`,
        input: value.scope,
      });
    }
    const isApart = value.comparator === "below" ? value.clear >= value.threshold : value.clear <= value.threshold;
    if (!isApart) {
      const side = value.comparator === "below" ? "at least" : "at most";
      issues.push({ code: "custom", path: ["clear"], message: `must be ${side} the threshold`, input: value.clear });
    }
  });
export type AlertRule = z.infer<typeof alertRuleSchema>;

export const isBad = ({ comparator, threshold }: Pick<AlertRule, "comparator" | "threshold">, value: number): boolean =>
  comparator === "below" ? value < threshold : value > threshold;

export const isClear = ({ comparator, clear }: Pick<AlertRule, "comparator" | "clear">, value: number): boolean =>
  comparator === "below" ? value >= clear : value <= clear;

/** Whether a rule looks at all at this minute of the shop's day. */
export function isInHours({ hours }: Pick<AlertRule, "hours">, minute: number): boolean {
  if (!hours) return true;
  const { from, to } = hours;
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}
