import { useRef } from "preact/hooks";
import type { ProductRow } from "../../src/domain/live.ts";
import { type Arrangement, inOrderOf } from "../figures/arrange.ts";

/** Rows change places this often at most: a table that is sorted anew with every frame cannot be read. */
const SETTLE_MS = 4_000;

interface Kept {
  readonly arrangement: Arrangement;
  readonly skus: readonly string[];
  /** As they were when the order was: a first row that says "3" is worse than a rank of some seconds ago. */
  readonly ranks: ReadonlyMap<string, number | null>;
  readonly at: number;
}

export interface SteadyOrder {
  readonly rows: readonly ProductRow[];
  readonly ranks: ReadonlyMap<string, number | null>;
  /** Rows would have moved by now. */
  readonly isHeld: boolean;
}

/** The rows in an order that a person can follow: it moves now and then, and not at all under their pointer. */
export function useSteadyOrder(
  sorted: readonly ProductRow[],
  arrangement: Arrangement,
  isPointedAt: boolean,
): SteadyOrder {
  const kept = useRef<Kept | null>(null);
  const now = performance.now();
  const before = kept.current;
  const isAsked = before?.arrangement !== arrangement;
  if (!before || isAsked || (!isPointedAt && now - before.at >= SETTLE_MS)) {
    const ranks = new Map(sorted.map(({ sku, trend }) => [sku, trend.rank]));
    kept.current = { arrangement, skus: [...ranks.keys()], ranks, at: now };
    return { rows: sorted, ranks, isHeld: false };
  }
  const rows = inOrderOf(sorted, before.skus);
  return { rows, ranks: before.ranks, isHeld: isPointedAt && rows.some((row, index) => row !== sorted[index]) };
}
