import type { AlertSeverity } from "./alerts/metrics.ts";
import type { Money } from "./money.ts";

/**
 * What the live console shows, as it travels: `GET /admin/v1/analytics/snapshot` and the WebSocket `GET /admin/v1/live`. Field names as in
 * the rest of the API; amounts in minor units, times RFC 3339, `minute` = UTC ms / 60,000.
 */
export interface Board {
  /** The local day of the shop that "today" means. */
  readonly day: {
    readonly date: string;
    readonly time_zone: string;
    readonly starts_at: string;
    readonly currency: string;
  };
  readonly totals: BoardTotals;
  readonly freshness: Freshness;
  /** In force now, worst first; those that are muted last. At most 200 that are about products, and all others. */
  readonly alerts: readonly BoardAlert[];
  /** How many are in force, those included that are not in `alerts`: `GET /admin/v1/alerts?state=in_force` has them all. */
  readonly alerts_total: number;
  /** Of the book that keeps the alerts. While it was never heard of, that there are none means nothing. */
  readonly alert_book?: Silence | undefined;
  /** The products worth showing: the most trending and the best selling, at most 200. */
  readonly products: readonly ProductRow[];
  readonly funnel: Funnel;
  /** Per minute, ascending, since the beginning of yesterday. Minutes in which nothing happened are left out. */
  readonly minutes: readonly MinuteRow[];
  readonly ledger: EventLedger;
  readonly shards: readonly ShardRow[];
  readonly slices?: readonly SliceRow[] | undefined;
}

export interface Compared<T> {
  readonly today: T;
  /** Of yesterday until the same time of day; null when nothing was recorded then. */
  readonly yesterday: T | null;
}

/** Money is that of the shop's currency; orders in others are in `other_currencies`. */
export interface BoardTotals {
  /** Captured less refunded. */
  readonly revenue: Compared<Money>;
  readonly orders: Compared<number>;
  readonly average_order_value: Compared<Money | null>;
  /** Sessions that bought per session that viewed a product, 0 to 1; null without sessions. */
  readonly conversion: Compared<number | null>;
  readonly refunds: Money;
  readonly units: number;
  readonly views: number;
  readonly adds: number;
  readonly checkouts: number;
  /** Seen in the last 5 minutes. */
  readonly visitors_now: number;
  /** Distinct visitors today, estimated (HyperLogLog, standard error 0.8 %). */
  readonly visitors_today: number;
  readonly abandoned: { readonly carts: number; readonly value: Money; readonly rate: number | null };
  readonly other_currencies: readonly Money[];
}

export interface Freshness {
  /** When the newest event on the board was received; null before the first. */
  readonly newest_event_at: string | null;
  /** Receipt to the frame that showed it, over the last five minutes. */
  readonly event_to_frame_ms: { readonly p50: number; readonly p99: number; readonly count: number } | null;
  /** Oldest event that is applied but not on the board yet, in ms. */
  readonly behind_ms: number;
}

export interface BoardAlert {
  readonly id: string;
  readonly kind: "stock_low" | "stock_out" | "metric";
  readonly severity: AlertSeverity;
  /** The rule that it is an alert of, whose name it need not have. */
  readonly rule: string;
  readonly sku?: string | undefined;
  /** Of a guarded flag that was rolled back: its key. */
  readonly flag?: string | undefined;
  readonly title: string;
  readonly detail: string;
  readonly since: string;
  /** Who has seen it first. */
  readonly acknowledged?: { readonly at: string; readonly by: string } | undefined;
  /** Other systems are not told until then. */
  readonly muted_until?: string | undefined;
}

export interface ProductRow {
  readonly sku: string;
  readonly name: string;
  /** "unknown" until it was looked up; `enriched` says which. */
  readonly category: string;
  readonly brand: string;
  readonly image: string;
  readonly enriched: boolean;
  /** Of today. */
  readonly views: number;
  readonly adds: number;
  readonly checkouts: number;
  readonly orders: number;
  readonly units: number;
  readonly revenue: Money;
  /** Orders per view, 0 to 1; null without views. */
  readonly conversion: number | null;
  readonly trend: { readonly score: number; readonly rank: number | null };
  readonly stock: { readonly available: number; readonly on_hand: number; readonly as_of: string } | null;
  /** Weighted activity per minute (view 1, add 3, order 10) of the last 30 minutes, oldest first. */
  readonly spark: readonly number[];
}

export const FUNNEL_STEPS = ["view", "add", "checkout", "purchase"] as const;
export type FunnelStep = (typeof FUNNEL_STEPS)[number];

export interface Funnel {
  /** Sessions of today that got at least this far. */
  readonly steps: readonly { readonly step: FunnelStep; readonly sessions: number }[];
  /** The step at which the largest share of those who reached the one before is lost; null without sessions. */
  readonly largest_drop: FunnelStep | null;
}

export interface MinuteRow {
  readonly minute: number;
  /** Net, of the shop's currency. */
  readonly revenue: number;
  readonly orders: number;
  readonly views: number;
  readonly adds: number;
  readonly checkouts: number;
}

/** `received = applied + duplicate + late + rejected + pending`, always. */
export interface EventLedger {
  readonly received: number;
  readonly applied: number;
  readonly duplicate: number;
  readonly late: number;
  readonly rejected: number;
  readonly pending: number;
  readonly rejected_by: readonly { readonly reason: string; readonly count: number }[];
  /** Facts of the shop itself, each counted once. */
  readonly facts: readonly { readonly type: string; readonly count: number; readonly last_at: string }[];
}

/** Of a source that does not answer; nothing of this while it does. */
export interface Silence {
  /** Since when it has not answered: what the board shows of it is as old as that. */
  readonly stale_since?: string | undefined;
  /** It has not answered since this board began: what the board shows lacks its part, and is too small. */
  readonly never_heard?: boolean | undefined;
}

export interface ShardRow extends Silence {
  readonly name: string;
  readonly received: number;
  readonly sessions: number;
  /** Rows written since it started; what Cloudflare bills. */
  readonly rows_written: number;
  /** Oldest delta that the product slices have not taken yet, in ms. */
  readonly unpushed_ms: number;
}

/** A slice of the products. */
export interface SliceRow extends Silence {
  readonly name: string;
  readonly rows_written: number;
}

/** One list per keyed section: rows that are new or changed, and keys that are gone. */
export interface BoardChange {
  readonly day?: Board["day"];
  readonly totals?: BoardTotals;
  readonly freshness?: Freshness;
  readonly alerts?: readonly BoardAlert[];
  readonly alerts_total?: number;
  readonly alert_book?: Silence;
  readonly products?: { readonly set: readonly ProductRow[]; readonly gone: readonly string[] };
  readonly funnel?: Funnel;
  readonly minutes?: readonly MinuteRow[];
  readonly ledger?: EventLedger;
  readonly shards?: readonly ShardRow[];
  readonly slices?: readonly SliceRow[];
}

/**
 * What the server sends. `seq` grows by one with every delta that a board sends; a snapshot has the number of the delta that it includes, so
 * the next delta follows it. `epoch` names the board's life, in which numbers are comparable. A client that sees a gap or another epoch
 * sends `{ "type": "snapshot" }` and gets one. A snapshot also comes unasked, when a change cannot be told as one (a new day begins). A
 * delta without changes says that the board is alive. `sent_at` in UTC ms.
 */
export type LiveFrame =
  | {
      readonly type: "snapshot";
      readonly epoch: string;
      readonly seq: number;
      readonly sent_at: number;
      readonly board: Board;
    }
  | {
      readonly type: "delta";
      readonly epoch: string;
      readonly seq: number;
      readonly sent_at: number;
      /** UTC ms of receipt of the newest event that this frame is the first to show; absent when it shows none. */
      readonly newest_received_at?: number;
      readonly change: BoardChange;
    }
  /** Answers a ping; `at` is the client's own. */
  | { readonly type: "pong"; readonly at: number; readonly sent_at: number };

/** What a client may send, besides nothing at all. */
export type LiveRequest =
  | { readonly type: "snapshot" }
  /**
   * At once and then every ten seconds or so: a socket that is silent for a minute is closed. `seen` is the `seq` of the newest frame that the client has worked off;
   * one that falls too far behind is closed as too slow instead of being buffered for. While paused, the bare text `ping` is enough and
   * is answered `pong`, neither of them JSON, without waking the board.
   */
  | { readonly type: "ping"; readonly at: number; readonly seen?: number | undefined }
  /** A page that nobody looks at wants no frames; `resume` is answered with a snapshot. */
  | { readonly type: "pause" }
  | { readonly type: "resume" };

/** The WebSocket subprotocol. A browser cannot send headers, so it offers `bearer.<base64url of the key>` beside it. */
export const LIVE_PROTOCOL = "breakwater.live.v1";

/** Why the board closes a socket. The reason that is sent with the code is a sentence. */
export const LIVE_CLOSE = {
  /** A message that is not a `LiveRequest`, or too long. */
  badRequest: 4400,
  /** The key has expired or was revoked. */
  expired: 4401,
  /** Nothing was heard for a minute. */
  silent: 4408,
  /** Too much was sent that the client has not worked off. */
  tooSlow: 4413,
  /** Too many requests in a second. */
  tooManyRequests: 4429,
  /** As many sockets as a board takes are open already. */
  full: 4503,
} as const;

/** `GET /admin/v1/session`: who the console is, and what it may do. */
export interface ConsoleSession {
  readonly id: string;
  readonly name: string;
  readonly via: "key" | "access";
  readonly scopes: readonly string[];
  readonly expires_at?: string | undefined;
}

/** What a list of products can be sorted by, largest first. */
export const PRODUCT_SORTS = ["trend", "revenue", "views", "adds", "orders"] as const;
export type ProductSort = (typeof PRODUCT_SORTS)[number];

/** `GET /admin/v1/analytics/products/{sku}`. */
export interface ProductDetail {
  readonly product: ProductRow;
  /** The last 24 hours, ascending; empty minutes left out. */
  readonly minutes: readonly (MinuteRow & { readonly units: number })[];
  readonly as_of: string;
}
