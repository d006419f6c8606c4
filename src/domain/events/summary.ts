import type { FunnelStep } from "../live.ts";

/**
 * What the board asks of the objects that fold, while somebody watches. Answers are cumulative and not increments: one that is lost
 * costs nothing. `life` names one start of an object; `version` grows with every fold in it. Who asks with a life and version
 * that it has seen gets only what changed after it, else everything. Amounts in minor units, times UTC ms, `minute` = UTC ms / 60,000.
 */
export interface Sight {
  readonly life: string;
  readonly version: number;
}

/** Counts of one minute of event time in one shard. */
export interface MinuteCounts {
  readonly minute: number;
  readonly views: number;
  readonly adds: number;
  readonly checkouts: number;
  readonly abandoned: number;
  /** Sessions that got as far as each step for the first time in this minute; a step implies those before it. */
  readonly funnel: Readonly<Record<FunnelStep, number>>;
}

/** Money of one minute, one row per currency. */
export interface MinuteMoney {
  readonly minute: number;
  readonly currency: string;
  readonly captured: number;
  readonly refunded: number;
  readonly orders: number;
  readonly units: number;
  readonly abandonedValue: number;
}

export interface ShardLedger {
  readonly received: number;
  readonly applied: number;
  readonly duplicate: number;
  readonly late: number;
  /** Accepted and not folded yet, such as what waits in a spill. */
  readonly pending: number;
  readonly rejectedBy: Readonly<Record<string, number>>;
  readonly facts: readonly { readonly type: string; readonly count: number; readonly lastAt: number }[];
}

export interface ShardSummary extends Sight {
  readonly name: string;
  readonly ledger: ShardLedger;
  /** Of today and yesterday; only the minutes that changed when the asker's sight allows it. */
  readonly counts: readonly MinuteCounts[];
  readonly money: readonly MinuteMoney[];
  readonly visitorsNow: number;
  readonly sessions: number;
  /** Registers (one byte each) of a HyperLogLog with 2^14 of them over the visitors of the shop's local day `date`; absent when unchanged. */
  readonly uniques?: { readonly date: string; readonly registers: Uint8Array };
  /** What was folded since the sight: when it was received, and how many events, at most 64 entries, the oldest and the newest among them. */
  readonly receipts: readonly { readonly receivedAt: number; readonly events: number }[];
  readonly rowsWritten: number;
  /** When the oldest delta was folded that a product slice has not taken yet; null when there is none. */
  readonly unpushedSince: number | null;
}

/** Figures of one product in its slice, for the local day that the asker named. */
export interface ProductFigures {
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly brand: string;
  readonly image: string;
  readonly enriched: boolean;
  readonly views: number;
  readonly adds: number;
  readonly checkouts: number;
  readonly orders: number;
  readonly units: number;
  /** Net revenue per currency. */
  readonly revenue: Readonly<Record<string, number>>;
  readonly trendScore: number;
  readonly stock: { readonly available: number; readonly onHand: number; readonly asOf: number } | null;
  /** Weighted activity of the last 30 minutes, oldest first. */
  readonly spark: readonly number[];
}

export interface SliceQuery {
  readonly seen?: Sight | undefined;
  /** Beginning of the shop's local day. */
  readonly dayStartsAt: number;
  /** How many products by trend and as many by revenue. */
  readonly top: number;
}

export interface SliceSummary extends Sight {
  readonly name: string;
  /** The top products by trend and by revenue; null when nothing changed since the sight. */
  readonly products: readonly ProductFigures[] | null;
  /** Everything that has a stock alert in force, and what is left of it now. */
  readonly low: readonly {
    readonly sku: string;
    readonly name: string;
    readonly available: number;
    readonly since: number;
  }[];
  /** Stock levels that were news, as in a shard's ledger: a slice is told of them directly. */
  readonly facts: ShardLedger["facts"];
  readonly rowsWritten: number;
}

export interface ProductMinute {
  readonly minute: number;
  readonly views: number;
  readonly adds: number;
  readonly checkouts: number;
  readonly orders: number;
  readonly units: number;
  readonly revenue: Readonly<Record<string, number>>;
}
