import type { Board, BoardChange, MinuteRow, ProductRow } from "../live.ts";

/** The sections that are small and travel whole. */
const WHOLE = [
  "day",
  "totals",
  "freshness",
  "alerts",
  "alerts_total",
  "alert_book",
  "funnel",
  "ledger",
  "shards",
  "slices",
] as const;

/** The order of products on a board, which depends on nothing but the rows: whoever applies a change gets the same. */
export function byTrend(a: ProductRow, b: ProductRow): number {
  const rank = (row: ProductRow): number => row.trend.rank ?? Infinity;
  if (rank(a) !== rank(b)) return rank(a) < rank(b) ? -1 : 1;
  return b.revenue.amount - a.revenue.amount || (a.sku < b.sku ? -1 : 1);
}

/**
 * What turns `before` into `after`, as little as possible; nothing when it cannot be told as a change, because minutes are gone (a new
 * day has begun), and a snapshot has to be sent.
 */
export function diffBoards(before: Board, after: Board): BoardChange | undefined {
  const minutes = changedMinutes(before.minutes, after.minutes);
  if (!minutes) return undefined;
  const whole = WHOLE.filter((section) => after[section] !== undefined && !same(before[section], after[section]));
  const products = changedProducts(before.products, after.products);
  return {
    ...Object.fromEntries(whole.map((section) => [section, after[section]])),
    ...(products && { products }),
    ...(minutes.length > 0 && { minutes }),
  };
}

export function applyChange(board: Board, change: BoardChange): Board {
  const { products, minutes, ...whole } = change;
  return {
    ...board,
    ...whole,
    ...(products && { products: withProducts(board.products, products) }),
    ...(minutes && { minutes: withMinutes(board.minutes, minutes) }),
  };
}

function changedProducts(
  before: readonly ProductRow[],
  after: readonly ProductRow[],
): BoardChange["products"] | undefined {
  const known = new Map(before.map((row) => [row.sku, row]));
  const set = after.filter((row) => !same(known.get(row.sku), row));
  const kept = new Set(after.map(({ sku }) => sku));
  const gone = before.map(({ sku }) => sku).filter((sku) => !kept.has(sku));
  return set.length + gone.length > 0 ? { set, gone } : undefined;
}

function withProducts(
  before: readonly ProductRow[],
  { set, gone }: NonNullable<BoardChange["products"]>,
): ProductRow[] {
  const rows = new Map(before.map((row) => [row.sku, row]));
  for (const sku of gone) rows.delete(sku);
  for (const row of set) rows.set(row.sku, row);
  return [...rows.values()].sort(byTrend);
}

/** New and changed minutes; nothing when one of those before is gone. */
function changedMinutes(before: readonly MinuteRow[], after: readonly MinuteRow[]): MinuteRow[] | undefined {
  const known = new Map(before.map((row) => [row.minute, row]));
  const changed = after.filter((row) => !same(known.get(row.minute), row));
  const added = after.filter(({ minute }) => !known.has(minute)).length;
  return after.length - added === before.length ? changed : undefined;
}

function withMinutes(before: readonly MinuteRow[], set: readonly MinuteRow[]): MinuteRow[] {
  const rows = new Map(before.map((row) => [row.minute, row]));
  for (const row of set) rows.set(row.minute, row);
  return [...rows.values()].sort((a, b) => a.minute - b.minute);
}

/** Equality of plain data, whatever the order of keys; a key that is undefined is one that is absent, as in JSON. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index]));
  }
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => same(Reflect.get(a, key), Reflect.get(b, key)));
}
