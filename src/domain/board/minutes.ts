import { FUNNEL_STEPS, type Funnel, type FunnelStep, type MinuteRow } from "../live.ts";
import type { ShardView } from "./sources.ts";

/** Figures of a stretch of time. Money in minor units of the shop's currency. */
export interface Sums {
  readonly views: number;
  readonly adds: number;
  readonly checkouts: number;
  readonly abandoned: number;
  readonly abandonedValue: number;
  readonly captured: number;
  readonly refunded: number;
  readonly orders: number;
  readonly units: number;
  /** Orders in every currency. */
  readonly allOrders: number;
  readonly funnel: Readonly<Record<FunnelStep, number>>;
  /** Net, of currencies other than the shop's. */
  readonly otherCurrencies: ReadonlyMap<string, number>;
  /** Whether anything was recorded at all. */
  readonly isEmpty: boolean;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Per minute, ascending, over all shards. Minutes in which nothing happened are left out. */
export function minuteRows(shards: readonly ShardView[], currency: string): MinuteRow[] {
  const rows = new Map<number, Mutable<MinuteRow>>();
  const rowOf = (minute: number): Mutable<MinuteRow> => {
    const kept = rows.get(minute);
    if (kept) return kept;
    const made = { minute, revenue: 0, orders: 0, views: 0, adds: 0, checkouts: 0 };
    rows.set(minute, made);
    return made;
  };
  for (const { counts, money } of shards) {
    for (const { minute, views, adds, checkouts } of counts.values()) {
      const row = rowOf(minute);
      row.views += views;
      row.adds += adds;
      row.checkouts += checkouts;
    }
    for (const { minute, currency: own, captured, refunded, orders } of money.values()) {
      if (own !== currency) continue;
      const row = rowOf(minute);
      row.revenue += captured - refunded;
      row.orders += orders;
    }
  }
  const isUsed = ({ minute: _minute, ...figures }: MinuteRow): boolean => Object.values(figures).some((n) => n !== 0);
  return [...rows.values()].filter(isUsed).sort((a, b) => a.minute - b.minute);
}

/** Of the minutes from `from` until before `until`. */
export function sumsOf(
  shards: readonly ShardView[],
  currency: string,
  { from, until }: { readonly from: number; readonly until: number },
): Sums {
  const sums = {
    views: 0,
    adds: 0,
    checkouts: 0,
    abandoned: 0,
    abandonedValue: 0,
    captured: 0,
    refunded: 0,
    orders: 0,
    units: 0,
    allOrders: 0,
    isEmpty: true,
  };
  const funnel = { view: 0, add: 0, checkout: 0, purchase: 0 };
  const otherCurrencies = new Map<string, number>();
  const isInside = ({ minute }: { readonly minute: number }): boolean => minute >= from && minute < until;
  for (const { counts, money } of shards) {
    for (const row of counts.values()) {
      if (!isInside(row)) continue;
      sums.isEmpty = false;
      sums.views += row.views;
      sums.adds += row.adds;
      sums.checkouts += row.checkouts;
      sums.abandoned += row.abandoned;
      for (const step of FUNNEL_STEPS) funnel[step] += row.funnel[step];
    }
    for (const row of money.values()) {
      if (!isInside(row)) continue;
      sums.isEmpty = false;
      sums.allOrders += row.orders;
      if (row.currency === currency) {
        sums.abandonedValue += row.abandonedValue;
        sums.captured += row.captured;
        sums.refunded += row.refunded;
        sums.orders += row.orders;
        sums.units += row.units;
      } else {
        const net = row.captured - row.refunded;
        otherCurrencies.set(row.currency, (otherCurrencies.get(row.currency) ?? 0) + net);
      }
    }
  }
  return { ...sums, funnel, otherCurrencies };
}

/** Sessions by the furthest step, and the step at which the largest share of those before it is lost. */
export function funnelOf(reached: Readonly<Record<FunnelStep, number>>): Funnel {
  const steps = FUNNEL_STEPS.map((step) => ({ step, sessions: reached[step] }));
  let largest: { readonly step: FunnelStep; readonly share: number } | undefined;
  for (const [index, { step, sessions }] of steps.entries()) {
    const before = steps[index - 1]?.sessions ?? 0;
    const share = before > 0 ? 1 - sessions / before : 0;
    if (share > (largest?.share ?? 0)) largest = { step, share };
  }
  return { steps, largest_drop: largest?.step ?? null };
}

/** Of `whole`, between 0 and 1; null of nothing. A session may straddle midnight, and then its part is counted without its whole. */
export const share = (part: number, whole: number): number | null => (whole > 0 ? Math.min(1, part / whole) : null);
