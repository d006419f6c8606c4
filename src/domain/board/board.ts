import { emptySketch, estimateDistinct, mergeSketch } from "../events/hyperloglog.ts";
import type { Board, BoardTotals, EventLedger, Freshness, ShardRow, Silence, SliceRow } from "../live.ts";
import type { Money } from "../money.ts";
import { boardAlerts } from "./alerts.ts";
import type { ShopDay } from "./day.ts";
import { funnelOf, mergeMinutes, minuteRows, NOTHING, share, type Sums, sumsOf } from "./minutes.ts";
import { boardProducts } from "./products.ts";
import type { AlertsView, Answers, ShardView, SliceView } from "./sources.ts";

const MINUTE_MS = 60_000;

export interface BoardSources {
  readonly shards: readonly ShardView[];
  readonly slices: readonly SliceView[];
  /** Events that wait in spills: they were received, and no shard has counted them yet. */
  readonly spilled?: number;
}

export interface BoardFrame {
  readonly now: number;
  readonly day: ShopDay;
  readonly currency: string;
  /** How many products by trend and as many by revenue. */
  readonly top: number;
  readonly alerts: AlertsView;
  /** When the newest event that the board shows was received, UTC ms. */
  readonly newestEventAt: number | null;
  readonly eventToFrame: Freshness["event_to_frame_ms"];
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** One board of what all sources told. In which order they stand, or answered, changes nothing. */
export function mergeBoard({ shards, slices, spilled = 0 }: BoardSources, frame: BoardFrame): Board {
  const { now, day, currency } = frame;
  const spans = spansOf(now, day);
  const minutes = mergeMinutes(shards, currency);
  const today = sumsOf(minutes, spans.today) ?? NOTHING;
  const yesterday = sumsOf(minutes, spans.yesterday);
  return {
    day: { date: day.date, time_zone: day.timeZone, starts_at: iso(day.startsAt), currency },
    totals: totalsOf(today, yesterday, currency, {
      visitors_now: total(shards, ({ summary }) => summary?.visitorsNow),
      visitors_today: visitorsOn(day.date, shards),
    }),
    freshness: freshnessOf({ shards, slices }, frame),
    alerts: boardAlerts(
      frame.alerts.inForce?.shown ?? [],
      slices.flatMap(({ summary }) => summary?.low ?? []),
    ),
    alerts_total: frame.alerts.inForce?.total ?? 0,
    alert_book: silenceOf(frame.alerts),
    products: boardProducts(slices, currency, frame.top),
    funnel: funnelOf(today.funnel),
    minutes: minuteRows(minutes),
    ledger: ledgerOf({ shards, slices, spilled }),
    shards: byName(shards.map((view) => shardRow(view, now))),
    slices: byName(slices.map(sliceRow)),
  };
}

/** In minutes. Of yesterday only whole ones: the present minute has not been all lived through either. */
function spansOf(now: number, { startsAt, yesterdayStartsAt, yesterdayUntil }: ShopDay) {
  const minute = (ms: number): number => Math.floor(ms / MINUTE_MS);
  return {
    today: { from: minute(startsAt), until: minute(now) + 1 },
    yesterday: { from: minute(yesterdayStartsAt), until: minute(yesterdayUntil) },
  };
}

function totalsOf(
  today: Readonly<Sums>,
  yesterday: Readonly<Sums> | undefined,
  currency: string,
  visitors: Pick<BoardTotals, "visitors_now" | "visitors_today">,
): BoardTotals {
  const compared = <T>(of: (sums: Readonly<Sums>) => T) => ({
    today: of(today),
    yesterday: yesterday ? of(yesterday) : null,
  });
  const money = (amount: number): Money => ({ amount, currency });
  const net = ({ captured, refunded }: Readonly<Sums>): number => captured - refunded;
  const others = [...today.otherCurrencies].map(([own, amount]) => ({ amount, currency: own }));
  return {
    revenue: compared((sums) => money(net(sums))),
    orders: compared(({ orders }) => orders),
    average_order_value: compared((sums) => (sums.orders > 0 ? money(Math.round(net(sums) / sums.orders)) : null)),
    conversion: compared(({ funnel }) => share(funnel.purchase, funnel.view)),
    refunds: money(today.refunded),
    units: today.units,
    views: today.views,
    adds: today.adds,
    checkouts: today.checkouts,
    ...visitors,
    abandoned: {
      carts: today.abandoned,
      value: money(today.abandonedValue),
      rate: share(today.abandoned, today.abandoned + today.allOrders),
    },
    other_currencies: others.sort((a, b) => (a.currency < b.currency ? -1 : 1)),
  };
}

function freshnessOf({ shards, slices }: BoardSources, frame: BoardFrame): Freshness {
  const { now, newestEventAt, eventToFrame } = frame;
  // What a source that does not answer knows may be as old as its silence; what a shard has not pushed is missing in the products.
  const since = [
    ...[...shards, ...slices].map(({ staleSince }) => staleSince),
    ...shards.map(({ summary }) => summary?.unpushedSince ?? null),
  ];
  return {
    newest_event_at: newestEventAt === null ? null : iso(newestEventAt),
    event_to_frame_ms: eventToFrame,
    behind_ms: Math.max(0, ...since.map((at) => (at === null ? 0 : now - at))),
  };
}

/** A slice is told of stock levels directly, so those facts are in its summary and not in a shard's. */
export function ledgerOf({ shards, slices, spilled = 0 }: BoardSources): EventLedger {
  const rejectedBy = new Map<string, number>();
  const facts = new Map<string, { readonly count: number; readonly lastAt: number }>();
  for (const { summary } of shards) {
    for (const [reason, count] of Object.entries(summary?.ledger.rejectedBy ?? {})) {
      rejectedBy.set(reason, (rejectedBy.get(reason) ?? 0) + count);
    }
  }
  const told = [...shards.map(({ summary }) => summary?.ledger.facts), ...slices.map(({ summary }) => summary?.facts)];
  for (const { type, count, lastAt } of told.flatMap((rows) => rows ?? [])) {
    const known = facts.get(type) ?? { count: 0, lastAt: 0 };
    facts.set(type, { count: known.count + count, lastAt: Math.max(known.lastAt, lastAt) });
  }
  const byText = (a: string, b: string): number => (a < b ? -1 : 1);
  return {
    received: total(shards, ({ summary }) => summary?.ledger.received) + spilled,
    applied: total(shards, ({ summary }) => summary?.ledger.applied),
    duplicate: total(shards, ({ summary }) => summary?.ledger.duplicate),
    late: total(shards, ({ summary }) => summary?.ledger.late),
    rejected: [...rejectedBy.values()].reduce((sum, count) => sum + count, 0),
    pending: total(shards, ({ summary }) => summary?.ledger.pending) + spilled,
    rejected_by: [...rejectedBy]
      .map(([reason, count]) => ({ reason, count }))
      .sort((a, b) => b.count - a.count || byText(a.reason, b.reason)),
    facts: [...facts]
      .map(([type, { count, lastAt }]) => ({ type, count, last_at: iso(lastAt) }))
      .sort((a, b) => byText(a.type, b.type)),
  };
}

/** Figures of a source that was heard of once are old; of one that never was there are none, and a zero in their place must not look like one. */
const silenceOf = ({ answeredAt, staleSince }: Answers): Silence => ({
  ...(staleSince !== null && { stale_since: iso(staleSince) }),
  ...(answeredAt === null && { never_heard: true }),
});

function shardRow(view: ShardView, now: number): ShardRow {
  const { name, summary } = view;
  const unpushedSince = summary?.unpushedSince ?? null;
  return {
    name,
    received: summary?.ledger.received ?? 0,
    sessions: summary?.sessions ?? 0,
    rows_written: summary?.rowsWritten ?? 0,
    unpushed_ms: unpushedSince === null ? 0 : Math.max(0, now - unpushedSince),
    ...silenceOf(view),
  };
}

const sliceRow = (view: SliceView): SliceRow => ({
  name: view.name,
  rows_written: view.summary?.rowsWritten ?? 0,
  ...silenceOf(view),
});

/** Visitors of a shard that still counts another day are not of today. */
function visitorsOn(date: string, shards: readonly ShardView[]): number {
  const merged = emptySketch();
  for (const { uniques } of shards) if (uniques?.date === date) mergeSketch(merged, uniques.registers);
  return Math.round(estimateDistinct(merged));
}

const total = (shards: readonly ShardView[], of: (view: ShardView) => number | undefined): number =>
  shards.reduce((sum, view) => sum + (of(view) ?? 0), 0);

/** `shard-10` comes after `shard-9`. */
function byName<T extends { readonly name: string }>(rows: T[]): T[] {
  return rows.sort((a, b) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1));
}
