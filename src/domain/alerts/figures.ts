import type { ShopDay } from "../board/day.ts";
import { type MergedMinutes, mergeMinutes, NOTHING, share, type Sums, sumsOf } from "../board/minutes.ts";
import type { ShardView } from "../board/sources.ts";
import { MINUTE_MS } from "../events/minutes.ts";
import type { Freshness } from "../live.ts";
import type { Indicators } from "../pipeline/health.ts";
import type { AlertMetric } from "./metrics.ts";

/** Below these numbers a share says nothing. */
const SESSIONS_MIN = 100;
const PURCHASES_MIN = 20;
const CARTS_MIN = 20;
const EVENTS_MIN = 100;
const CALLS_MIN = 20;
/** With 36 orders in the hour before, ten minutes without one happen by chance in a quarter of a per cent of cases (Poisson, mean 6). */
const HOUR_ORDERS_MIN = 36;
/** That mean. As many in the ten minutes themselves say as much, whatever was before them: that an outage is over must not take an hour to be seen. */
const RECENT_ORDERS_MIN = 6;
const REVENUE_MINUTES = 5;
const ORDER_MINUTES = 10;
const HOUR_MINUTES = 60;
const SAMPLE_WINDOW_MS = 10 * MINUTE_MS;
const SAMPLE_SPAN_MIN_MS = MINUTE_MS;

/** Values of a moment; a metric that is not in here was not measured. */
export type Measured = { readonly [Metric in AlertMetric]?: number | undefined };

/** Events since the beginning of counting, as the ledger has them. */
export interface LedgerSample {
  readonly at: number;
  readonly received: number;
  readonly rejected: number;
}

export interface ShopFigures {
  readonly measured: Measured;
  readonly ledger: LedgerSample;
}

interface FigureOptions {
  readonly now: number;
  readonly day: ShopDay;
  readonly currency: string;
  readonly eventToFrame: Freshness["event_to_frame_ms"];
}

/**
 * What the shop's rules watch of the board. Nothing when a shard has not answered: figures without its part would be too small, and an alert of
 * missing data is a false one (pitfall 21).
 */
export function shopFigures(
  shards: readonly ShardView[],
  { now, day, currency, eventToFrame }: FigureOptions,
): ShopFigures | undefined {
  if (shards.some(({ summary, staleSince }) => summary === null || staleSince !== null)) return undefined;
  const minutes = mergeMinutes(shards, currency);
  const minute = Math.floor(now / MINUTE_MS);
  const last = (count: number, until = minute + 1): Readonly<Sums> => between(minutes, until - count, until);
  const { captured, refunded } = last(REVENUE_MINUTES, minute);
  const hour = last(HOUR_MINUTES);
  const before = last(HOUR_MINUTES, minute + 1 - ORDER_MINUTES);
  const yesterday = last(HOUR_MINUTES, Math.floor(day.yesterdayUntil / MINUTE_MS) + 1);
  const ledger = { at: now, received: 0, rejected: 0 };
  for (const { summary } of shards) {
    ledger.received += summary?.ledger.received ?? 0;
    for (const count of Object.values(summary?.ledger.rejectedBy ?? {})) ledger.rejected += count;
  }
  return {
    measured: {
      "revenue.per_minute": (captured - refunded) / REVENUE_MINUTES,
      "orders.last_10m": ordersOf(before, last(ORDER_MINUTES)),
      "conversion.last_60m": conversionOf(hour),
      "conversion.against_yesterday": againstYesterday(hour, yesterday),
      "abandonment.last_60m": abandonmentOf(hour),
      "latency.event_to_frame_p99": eventToFrame?.p99,
    },
    ledger,
  };
}

/** Keeps the samples of the last ten minutes. */
export const withSample = (samples: readonly LedgerSample[], sample: LedgerSample): LedgerSample[] => [
  ...samples.filter(({ at }) => at > sample.at - SAMPLE_WINDOW_MS && at < sample.at),
  sample,
];

/** Of the events received between the first and the last sample; nothing when those are too near to each other, or too few. */
export function rejectedShare(samples: readonly LedgerSample[]): number | undefined {
  const [first, last] = [samples.at(0), samples.at(-1)];
  if (!first || !last || last.at - first.at < SAMPLE_SPAN_MIN_MS) return undefined;
  const received = last.received - first.received;
  return received >= EVENTS_MIN ? (last.rejected - first.rejected) / received : undefined;
}

/** Of the stage that fails most; nothing while none has done enough to say so. */
export function worstErrorShare(stages: readonly Pick<Indicators, "ok" | "errors">[]): number | undefined {
  const shares = stages.flatMap(({ ok, errors }) => (ok + errors >= CALLS_MIN ? [errors / (ok + errors)] : []));
  return shares.length === 0 ? undefined : Math.max(...shares);
}

const between = (minutes: MergedMinutes, from: number, until: number): Readonly<Sums> =>
  sumsOf(minutes, { from, until }) ?? NOTHING;

function ordersOf({ allOrders: before }: Readonly<Sums>, { allOrders: recent }: Readonly<Sums>): number | undefined {
  return before >= HOUR_ORDERS_MIN || recent >= RECENT_ORDERS_MIN ? recent : undefined;
}

function conversionOf({ funnel }: Readonly<Sums>): number | undefined {
  return funnel.view >= SESSIONS_MIN ? (share(funnel.purchase, funnel.view) ?? undefined) : undefined;
}

function againstYesterday(today: Readonly<Sums>, yesterday: Readonly<Sums>): number | undefined {
  const [now, then] = [conversionOf(today), conversionOf(yesterday)];
  const saysSomething = now !== undefined && then !== undefined && yesterday.funnel.purchase >= PURCHASES_MIN;
  return saysSomething ? now / then : undefined;
}

function abandonmentOf({ abandoned, allOrders }: Readonly<Sums>): number | undefined {
  const carts = abandoned + allOrders;
  return carts >= CARTS_MIN ? abandoned / carts : undefined;
}
