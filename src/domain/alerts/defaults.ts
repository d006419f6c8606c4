import type { LowStockPolicy } from "../low-stock.ts";
import type { AlertRule } from "./rule.ts";

const TRADING_HOURS = { from: 8 * 60, to: 22 * 60 };

/** The rules that a shop begins with; each can be changed or turned off. Ids are stable, so a later version can add to them. */
export const DEFAULT_RULES: Readonly<Record<string, AlertRule>> = {
  stock_low: {
    name: "Stock is running out",
    metric: "stock.available",
    scope: { kind: "each_product" },
    comparator: "below",
    threshold: 10,
    clear: 20,
    for_s: 0,
    cooldown_s: 0,
    severity: "warning",
    enabled: true,
  },
  stock_out: {
    name: "Sold out",
    metric: "stock.available",
    scope: { kind: "each_product" },
    comparator: "below",
    threshold: 1,
    clear: 5,
    for_s: 0,
    cooldown_s: 0,
    severity: "critical",
    enabled: true,
  },
  conversion_halved: {
    name: "Conversion is half of the same hour yesterday",
    metric: "conversion.against_yesterday",
    scope: { kind: "shop" },
    comparator: "below",
    threshold: 0.5,
    clear: 0.7,
    for_s: 300,
    cooldown_s: 3_600,
    severity: "critical",
    enabled: true,
  },
  no_orders: {
    name: "No order for 10 minutes",
    metric: "orders.last_10m",
    scope: { kind: "shop" },
    comparator: "below",
    threshold: 1,
    clear: 1,
    for_s: 60,
    cooldown_s: 1_800,
    severity: "critical",
    enabled: true,
    hours: TRADING_HOURS,
  },
  messages_wait: {
    name: "A message has waited for more than a minute",
    metric: "queues.oldest_age",
    scope: { kind: "shop" },
    comparator: "above",
    threshold: 60,
    clear: 30,
    for_s: 0,
    cooldown_s: 300,
    severity: "warning",
    enabled: true,
  },
  letters_dead: {
    name: "Messages have ended as dead letters",
    metric: "dead_letters.count",
    scope: { kind: "shop" },
    comparator: "above",
    threshold: 0,
    clear: 0,
    for_s: 0,
    cooldown_s: 0,
    severity: "critical",
    enabled: true,
  },
  events_rejected: {
    name: "More than a twentieth of the events is not understood",
    metric: "events.rejected_share",
    scope: { kind: "shop" },
    comparator: "above",
    threshold: 0.05,
    clear: 0.02,
    for_s: 60,
    cooldown_s: 1_800,
    severity: "warning",
    enabled: true,
  },
  charges_wait: {
    name: "Charges wait for their turn at the payment provider",
    metric: "payments.wait",
    scope: { kind: "shop" },
    comparator: "above",
    threshold: 60,
    clear: 10,
    for_s: 60,
    cooldown_s: 300,
    severity: "warning",
    enabled: true,
  },
  rollback: {
    name: "The guard took a path back",
    metric: "flag.rolled_back",
    scope: { kind: "each_flag" },
    comparator: "above",
    threshold: 0,
    clear: 0,
    for_s: 0,
    cooldown_s: 0,
    severity: "critical",
    enabled: true,
  },
};

/** The defaults of a shop that has said what low means (`STOCK_LOW_BELOW`, `STOCK_LOW_CLEAR`); 0 is never. */
export function defaultRules({ threshold, clear }: LowStockPolicy): Readonly<Record<string, AlertRule>> {
  const { stock_low: low, ...others } = DEFAULT_RULES;
  const own = { threshold, clear: Math.max(threshold, clear), enabled: threshold > 0 };
  return { ...(low && { stock_low: { ...low, ...own } }), ...others };
}
