import type { AdviceView, CostsView, SettingsView } from "../../../durable-objects/cost-book/commands.ts";
import type { Advice } from "../../domain/cost/advice.ts";
import type { Bill } from "../../domain/cost/bill.ts";
import type { Chained } from "../../domain/chain.ts";
import type { CostDecision, CostDecisionKind } from "../../domain/cost/book.ts";
import type { CacheReport } from "../../domain/cost/caches.ts";
import { AREAS } from "../../domain/cost/counts.ts";
import { MEASURED_CPU_MS } from "../../domain/cost/cpu.ts";
import { type Price, PRICES, PRICES_AS_OF } from "../../domain/cost/prices.ts";
import { SETTING_NAMES, SETTINGS } from "../../domain/cost/settings.ts";
import type { DecisionBody } from "../../domain/pipeline/view.ts";
import { time } from "../context.ts";

/** What a reader should know before comparing this with an invoice. */
const NOT_COUNTED = [
  "storage, and what the plan includes (`included_per_month`)",
  "rows that objects read from their key-value store",
  "the part of a message beyond 64 KB, and messages that are still in a queue",
  "requests for static assets, which are free, and whatever else the account runs",
  "up to a minute of an isolate that ended",
  "spans of traces, each of which is billed as a `log_event`; one request in a hundred is traced",
];

const ESTIMATED = {
  workerCpuMs: `from pieces of work and the CPU time of one, measured ${MEASURED_CPU_MS.measured} or set in CPU_MS; a Worker cannot measure it`,
  objectGbS: "from the time that callers waited for objects, which is more than those were active",
  logEvent: "lines are counted; the platform's own line per invocation follows from the invocations",
};

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const priceView = ({ dollars, per, includedPerMonth }: Price) => ({
  dollars,
  per,
  included_per_month: includedPerMonth,
});

const billView = ({ lines, dollars }: Bill) => ({
  dollars,
  lines: lines.map(({ what, used, dollars: part }) => ({
    what: snake(what),
    used,
    dollars: part,
    price: priceView(PRICES[what]),
    estimated: what in ESTIMATED,
  })),
});

const totalView = ({ lines, dollars }: Bill) => ({
  dollars,
  lines: lines.map(({ what, used, dollars: part }) => ({ what: snake(what), used, dollars: part })),
});

const cacheView = (report: CacheReport) => ({
  cache: report.cache,
  lookups: report.lookups,
  hit_ratio: report.hitRatio,
  isolate_ratio: report.isolateRatio,
  mean_age_ms: report.meanAgeMs,
  load_ms: report.loadMs,
  renewals: report.renewals,
  changed_share: report.changedShare,
  stale_share_at_most: report.staleShare,
  lifetime_s: report.lifetimeS,
  suggested_s: report.suggestedS,
  hit_ratio_then: report.hitRatioThen,
});

export const costsView = ({ from, to, coveredMs, costs, caches }: CostsView) => ({
  from: time(from),
  to: time(to),
  covered_s: Math.round(coveredMs / 1_000),
  currency: "USD",
  prices_as_of: PRICES_AS_OF,
  orders: costs.orders,
  events: costs.events,
  per_order: costs.perOrder && totalView(costs.perOrder),
  per_1000_events: costs.perThousandEvents && totalView(costs.perThousandEvents),
  dollars_per_month: costs.dollarsPerMonth,
  total: billView(costs.total),
  areas: AREAS.map((area) => ({ area, ...totalView(costs.areas[area]) })),
  caches: caches.map(cacheView),
  estimated: Object.fromEntries(Object.entries(ESTIMATED).map(([what, how]) => [snake(what), how])),
  not_counted: NOT_COUNTED,
});

const adviceBody = ({ id, title, why, trade, change, safe, dollarsPerMonth, evidence }: Advice) => ({
  id,
  title,
  why,
  trade,
  safe,
  saves_dollars_per_month: dollarsPerMonth,
  change,
  evidence,
});

export const settingsView = ({ epoch, settings, applied }: SettingsView) => ({
  epoch,
  settings: SETTING_NAMES.map((name) => {
    const { usual, min, max } = SETTINGS[name];
    const own = applied[name];
    return {
      name,
      value: settings[name],
      deployed: usual,
      min,
      max,
      ...(own && { applied: { advice: own.advice, at: time(own.at), by: own.by } }),
    };
  }),
});

export const adviceView = ({ at, coveredMs, advice, ...inForce }: AdviceView) => ({
  as_of: time(at),
  covered_s: Math.round(coveredMs / 1_000),
  data: advice.map(adviceBody),
  ...settingsView(inForce),
});

const TONES: Readonly<Record<CostDecisionKind, DecisionBody["tone"]>> = {
  recommended: "note",
  withdrawn: "note",
  applied: "relief",
  reverted: "note",
};

export const costDecisionBody = (decision: Chained<CostDecision>): DecisionBody => {
  const { seq, at, kind, advice, text, by, evidence, hash } = decision;
  return {
    id: `costs:${seq}`,
    at: time(at),
    source: "costs",
    subject: advice,
    kind,
    tone: TONES[kind],
    text,
    by,
    evidence,
    hash,
  };
};
