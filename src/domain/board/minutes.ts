import type { MinuteCounts, MinuteMoney } from "../events/summary.ts";
import { FUNNEL_STEPS, type Funnel, type FunnelStep, type MinuteRow } from "../live.ts";
import type { ShardView } from "./sources.ts";

/** Figures of a minute, or of a stretch of them, over all shards. Money in minor units of the shop's currency. */
export interface Sums {
  views: number;
  adds: number;
  checkouts: number;
  abandoned: number;
  abandonedValue: number;
  captured: number;
  refunded: number;
  orders: number;
  units: number;
  /** Orders in every currency. */
  allOrders: number;
  readonly funnel: Record<FunnelStep, number>;
  /** Net, of currencies other than the shop's. */
  readonly otherCurrencies: Map<string, number>;
}

export type MergedMinutes = ReadonlyMap<number, Readonly<Sums>>;

const NUMBERS = [
  "views",
  "adds",
  "checkouts",
  "abandoned",
  "abandonedValue",
  "captured",
  "refunded",
  "orders",
  "units",
  "allOrders",
] as const satisfies readonly (keyof Sums)[];

const noSums = (): Sums => ({
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
  funnel: { view: 0, add: 0, checkout: 0, purchase: 0 },
  otherCurrencies: new Map(),
});

/** The minutes of all shards, each once. One pass over everything that is known, with every tick: two days of minutes per shard. */
export function mergeMinutes(shards: readonly ShardView[], currency: string): MergedMinutes {
  const merged = new Map<number, Sums>();
  const sumsAt = (minute: number): Sums => {
    const kept = merged.get(minute);
    if (kept) return kept;
    const made = noSums();
    merged.set(minute, made);
    return made;
  };
  for (const { counts, money } of shards) {
    for (const row of counts.values()) addCounts(sumsAt(row.minute), row);
    for (const row of money.values()) addMoney(sumsAt(row.minute), row, currency);
  }
  return merged;
}

function addCounts(sums: Sums, row: MinuteCounts): void {
  sums.views += row.views;
  sums.adds += row.adds;
  sums.checkouts += row.checkouts;
  sums.abandoned += row.abandoned;
  for (const step of FUNNEL_STEPS) sums.funnel[step] += row.funnel[step];
}

function addMoney(sums: Sums, row: MinuteMoney, currency: string): void {
  sums.allOrders += row.orders;
  if (row.currency !== currency) return addTo(sums.otherCurrencies, row.currency, row.captured - row.refunded);
  sums.abandonedValue += row.abandonedValue;
  sums.captured += row.captured;
  sums.refunded += row.refunded;
  sums.orders += row.orders;
  sums.units += row.units;
}

/** Per minute, ascending. Minutes in which nothing happened are left out. */
export function minuteRows(merged: MergedMinutes): MinuteRow[] {
  const rows: MinuteRow[] = [];
  for (const [minute, { captured, refunded, orders, views, adds, checkouts }] of merged) {
    const revenue = captured - refunded;
    const isUsed = revenue !== 0 || orders !== 0 || views !== 0 || adds !== 0 || checkouts !== 0;
    if (isUsed) rows.push({ minute, revenue, orders, views, adds, checkouts });
  }
  return rows.sort((a, b) => a.minute - b.minute);
}

/** Of the minutes from `from` until before `until`; nothing when nothing was recorded in them. */
export function sumsOf(
  merged: MergedMinutes,
  { from, until }: { readonly from: number; readonly until: number },
): Readonly<Sums> | undefined {
  const sums = noSums();
  let isEmpty = true;
  for (const [minute, own] of merged) {
    if (minute < from || minute >= until) continue;
    isEmpty = false;
    for (const field of NUMBERS) sums[field] += own[field];
    for (const step of FUNNEL_STEPS) sums.funnel[step] += own.funnel[step];
    for (const [currency, net] of own.otherCurrencies) addTo(sums.otherCurrencies, currency, net);
  }
  return isEmpty ? undefined : sums;
}

export const NOTHING: Readonly<Sums> = noSums();

const addTo = (map: Map<string, number>, key: string, amount: number): void =>
  void map.set(key, (map.get(key) ?? 0) + amount);

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
