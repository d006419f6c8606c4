import * as z from "zod";
import { LIMITS } from "../limits.ts";
import { type AlertMetric, METRICS, SEVERITIES } from "./metrics.ts";

const DAY_S = 86_400;
const minuteOfDay = z
  .int()
  .min(0)
  .max(24 * 60);

/** The scopes that fit what a metric is of. */
const SCOPES = {
  shop: ["shop"],
  product: ["each_product", "product", "category"],
  flag: ["each_flag"],
} as const;
type ScopeKind = (typeof SCOPES)[keyof typeof SCOPES][number];

/** The whole of a rule as a person writes it. Durations in seconds, times of day in minutes after local midnight. */
export const alertRuleSchema = z
  .strictObject({
    name: z.string().min(1).max(LIMITS.nameChars),
    metric: z.enum(Object.keys(METRICS) as [AlertMetric, ...AlertMetric[]]),
    /** Of a product metric: every SKU by itself, one SKU, or a category as a whole. Shop metrics have the scope `shop`, those of flags `each_flag`. */
    scope: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("shop") }),
      z.strictObject({ kind: z.literal("each_product") }),
      z.strictObject({ kind: z.literal("product"), sku: z.string().min(1).max(LIMITS.skuChars) }),
      z.strictObject({ kind: z.literal("category"), category: z.string().min(1).max(LIMITS.nameChars) }),
      z.strictObject({ kind: z.literal("each_flag") }),
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
    const fitting: readonly ScopeKind[] = SCOPES[METRICS[value.metric].of];
    if (!fitting.includes(value.scope.kind)) {
      issues.push({
        code: "custom",
        path: ["scope", "kind"],
        message: `must be ${fitting.join(" or ")} for ${value.metric}`,
        input: value.scope,
      });
    }
    const isEndless =
      value.scope.kind === "each_product" && value.metric !== "stock.available" && value.comparator === "below";
    if (isEndless) {
      const message = "must be above for each product: most products have no traffic most of the time";
      issues.push({ code: "custom", path: ["comparator"], message, input: value.comparator });
    }
    const isApart = value.comparator === "below" ? value.clear >= value.threshold : value.clear <= value.threshold;
    if (!isApart) {
      const side = value.comparator === "below" ? "at least" : "at most";
      issues.push({ code: "custom", path: ["clear"], message: `must be ${side} the threshold`, input: value.clear });
    }
  });
export type AlertRule = z.infer<typeof alertRuleSchema>;

export const ruleIdSchema = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "must be 1 to 64 of a-z, 0-9, '_' and '-'");

/** A rule as the book keeps it. Its version grows with every change. */
export interface HeldRule {
  readonly id: string;
  readonly version: number;
  readonly rule: AlertRule;
}

/** The rules that whoever folds a metric evaluates in the book's place. A lease with a lower version than the one that is held is old. */
export interface RuleLease {
  readonly version: number;
  readonly rules: readonly HeldRule[];
}

/** Whether a slice of the products can decide it alone. A category may be spread over all slices, so the book asks them for its sums. */
export const isLeased = ({ metric, scope }: AlertRule): boolean =>
  METRICS[metric].of === "product" && scope.kind !== "category";

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
