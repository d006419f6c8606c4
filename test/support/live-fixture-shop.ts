import { readFileSync } from "node:fs";
import * as z from "zod";
import { ROOT } from "../../scripts/wrangler.ts";
import { byTrend } from "../../src/domain/board/change.ts";
import {
  type Board,
  FUNNEL_STEPS,
  type MinuteRow,
  type ProductDetail,
  type ProductRow,
} from "../../src/domain/live.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const LOW_BELOW = 10;
const CURRENCY = "USD";

const catalogSchema = z.object({
  products: z.array(
    z.object({
      sku: z.string(),
      name: z.string(),
      category: z.string(),
      brand: z.string(),
      price: z.number(),
      image: z.string(),
      stock: z.number(),
    }),
  ),
});
const { products: CATALOG } = catalogSchema.parse(JSON.parse(readFileSync(`${ROOT}/dev/catalog.json`, "utf8")));

interface Figures {
  readonly product: (typeof CATALOG)[number];
  views: number;
  adds: number;
  orders: number;
  stock: number;
  lowSince: number | null;
  readonly spark: number[];
}
interface Mutable<T> {
  readonly value: { -readonly [Key in keyof T]: T[Key] };
}

const usd = (amount: number) => ({ amount: Math.round(amount), currency: CURRENCY });
const iso = (ms: number): string => new Date(ms).toISOString();
const isBusy = (minute: number): number => 12 + 8 * Math.sin(minute / 40) + 4 * Math.sin(minute / 7);

/** Makes up what a lively shop does, second by second. Not a simulation of anything: numbers that move and that agree with one another. */
export class FakeShop {
  /** What happens per second, as a multiple of the usual. */
  pace = 1;
  /** Since when one shard has not answered, for trying how staleness looks. */
  staleSince: number | null = null;
  /** Whether it has not answered since the board began. */
  isUnheard = false;
  /** Whether the book of the alerts has not answered since the board began. */
  isBookUnheard = false;
  /** Since when the guard has taken a path back. */
  rolledBackSince: number | null = null;
  /** Alerts that somebody has acknowledged, by their ids. */
  readonly seen = new Set<string>();
  /** Products that have an alert as well, and no place on the board. */
  soldOutBeside = 0;
  readonly #figures: Figures[] = CATALOG.map((product) => ({
    product,
    views: 0,
    adds: 0,
    orders: 0,
    stock: product.stock,
    // Some are low from the beginning: waiting for somebody to buy the last ones would be leaving it to chance.
    lowSince: product.stock < LOW_BELOW ? Date.now() : null,
    spark: Array.from({ length: 30 }, () => 0),
  }));
  readonly #minutes = new Map<number, Mutable<MinuteRow>["value"]>();
  #duplicates = 0;
  #rejected = 0;
  #abandoned = 0;
  #refunds = 0;
  #newestAt = Date.now();
  #sparkMinute = Math.floor(Date.now() / MINUTE_MS);

  constructor(now: number) {
    const start = Math.floor((this.#dayStart(now) - DAY_MS) / MINUTE_MS);
    for (let minute = start; minute <= now / MINUTE_MS; minute++) this.#act(minute * MINUTE_MS, isBusy(minute) / 4);
    for (const figures of this.#figures) figures.stock = figures.product.stock;
  }

  /** Lets `ms` pass. Answers when the newest event was received. */
  pass(now: number, ms: number): number {
    const minute = Math.floor(now / MINUTE_MS);
    for (; this.#sparkMinute < minute; this.#sparkMinute++) {
      for (const { spark } of this.#figures) spark.splice(0, spark.length, ...spark.slice(1), 0);
    }
    this.#act(now, (isBusy(minute) * this.pace * ms) / 1_000);
    this.#newestAt = now - 20 - Math.random() * 300;
    return this.#newestAt;
  }

  board(now: number): Board {
    const products = this.#figures.map((figures) => this.#row(figures, now));
    const ranked = products.toSorted((a, b) => b.trend.score - a.trend.score);
    const rows = ranked.map((row, index) => ({ ...row, trend: { score: row.trend.score, rank: index + 1 } }));
    const minutes = [...this.#minutes.values()].sort((a, b) => a.minute - b.minute);
    const start = this.#dayStart(now);
    const today = sum(minutes.filter(({ minute }) => minute * MINUTE_MS >= start));
    const before = sum(minutes.filter(({ minute }) => minute * MINUTE_MS < Math.min(start, now - DAY_MS)));
    const received = today.views + today.adds + today.checkouts + this.#duplicates + this.#rejected;
    const reached = [today.views * 0.4, today.adds * 0.8, today.checkouts, today.orders];
    const alerts = this.isBookUnheard ? [] : this.#alerts();
    const stale = this.staleSince === null ? {} : { stale_since: iso(this.staleSince), never_heard: this.isUnheard };
    return {
      day: { date: iso(start).slice(0, 10), time_zone: "UTC", starts_at: iso(start), currency: CURRENCY },
      totals: {
        revenue: { today: usd(today.revenue), yesterday: usd(before.revenue) },
        orders: { today: today.orders, yesterday: before.orders },
        average_order_value: { today: average(today), yesterday: average(before) },
        conversion: { today: today.orders / (today.views * 0.4), yesterday: before.orders / (before.views * 0.4) },
        refunds: usd(this.#refunds),
        units: Math.round(today.orders * 1.3),
        views: today.views,
        adds: today.adds,
        checkouts: today.checkouts,
        visitors_now: Math.round(isBusy(now / MINUTE_MS) * 9 * this.pace),
        visitors_today: Math.round(today.views * 0.35),
        abandoned: { carts: this.#abandoned, value: usd(this.#abandoned * 4_200), rate: 0.31 },
        other_currencies: [{ amount: 12_900, currency: "EUR" }],
      },
      freshness: {
        newest_event_at: iso(this.#newestAt),
        event_to_frame_ms: { p50: 310, p99: 620 + Math.round(Math.random() * 40), count: 4_000 },
        behind_ms: this.staleSince === null ? 0 : now - this.staleSince,
      },
      alerts,
      alerts_total: alerts.length + this.soldOutBeside,
      alert_book: this.isBookUnheard ? { never_heard: true } : {},
      products: rows.sort(byTrend).slice(0, 200),
      funnel: {
        steps: FUNNEL_STEPS.map((step, index) => ({ step, sessions: Math.round(reached[index] ?? 0) })),
        largest_drop: "add",
      },
      minutes: minutes.map((row) => ({ ...row })),
      ledger: {
        received,
        applied: received - this.#duplicates - this.#rejected,
        duplicate: this.#duplicates,
        late: 0,
        rejected: this.#rejected,
        pending: 0,
        rejected_by: [{ reason: "missing_user", count: this.#rejected }],
        facts: [{ type: "order.paid", count: today.orders, last_at: iso(this.#newestAt) }],
      },
      shards: [0, 1, 2, 3].map((index) => ({
        name: `shard-${index}`,
        received: Math.round(received / 4),
        sessions: 40 + index,
        rows_written: Math.round(received / 90),
        unpushed_ms: Math.round(Math.random() * 250),
        ...(index === 2 && stale),
      })),
      slices: [0, 1].map((index) => ({ name: `slice-${index}`, rows_written: Math.round(received / 200) })),
    };
  }

  detail(sku: string, now: number): ProductDetail | undefined {
    const board = this.board(now);
    const product = board.products.find((row) => row.sku === sku);
    if (!product) return undefined;
    const minutes = board.minutes.filter(({ minute }) => minute * MINUTE_MS > now - DAY_MS);
    return { product, minutes: minutes.map((row) => ({ ...row, units: row.orders })), as_of: iso(now) };
  }

  /** The demo shop's day is that of UTC. */
  #dayStart(now: number): number {
    return Math.floor(now / DAY_MS) * DAY_MS;
  }

  #act(at: number, times: number): void {
    const minute = Math.floor(at / MINUTE_MS);
    const row = this.#minutes.get(minute) ?? { minute, revenue: 0, orders: 0, views: 0, adds: 0, checkouts: 0 };
    this.#minutes.set(minute, row);
    const isToday = at >= this.#dayStart(Date.now());
    for (let left = times; left > 0 && (left >= 1 || Math.random() < left); left--) {
      // Few products are most of the business, and which ones they are drifts.
      const index = Math.floor(this.#figures.length * Math.random() ** 4 + minute / 15) % this.#figures.length;
      const figures = this.#figures[index];
      if (figures) this.#visit(figures, row, isToday, at);
    }
    if (Math.random() < 0.05) this.#duplicates++;
    if (Math.random() < 0.01) this.#rejected++;
    if (isToday && Math.random() < 0.02) this.#abandoned++;
    if (isToday && Math.random() < 0.001) this.#refunds += 2_000;
  }

  #visit(figures: Figures, row: Mutable<MinuteRow>["value"], isToday: boolean, at: number): void {
    const reached = Math.random();
    const isOrder = reached > 0.97 && figures.stock > 0;
    row.views++;
    if (reached > 0.8) row.adds++;
    if (reached > 0.93) row.checkouts++;
    if (isOrder) {
      row.orders++;
      row.revenue += figures.product.price;
    }
    if (!isToday) return;
    figures.views++;
    if (reached > 0.8) figures.adds++;
    if (isOrder) {
      figures.orders++;
      figures.stock--;
      if (figures.stock < LOW_BELOW) figures.lowSince ??= at;
    }
    const last = figures.spark.length - 1;
    figures.spark[last] = (figures.spark[last] ?? 0) + 1 + (reached > 0.8 ? 3 : 0) + (isOrder ? 10 : 0);
  }

  #row({ product, views, adds, orders, stock, spark }: Figures, now: number): ProductRow {
    return {
      sku: product.sku,
      name: product.name,
      category: product.category,
      brand: product.brand,
      image: product.image,
      enriched: true,
      views,
      adds,
      checkouts: Math.round(adds / 3),
      orders,
      units: orders,
      revenue: usd(orders * product.price),
      conversion: views === 0 ? null : orders / views,
      trend: {
        score: spark.reduce((score, value, age) => score + value * 0.87 ** (spark.length - age), 0),
        rank: null,
      },
      stock: { available: stock, on_hand: stock, as_of: iso(Math.floor(now / 10_000) * 10_000) },
      spark: [...spark],
    };
  }

  #alerts(): Board["alerts"] {
    const low = this.#figures.filter(({ lowSince }) => lowSince !== null);
    const alerts = [...this.#rollbacks(), ...this.#lowStock(low)].map((alert) =>
      this.seen.has(alert.id) ? { ...alert, acknowledged: { at: alert.since, by: "ADMIN_KEY" } } : alert,
    );
    // What nobody has seen comes first, as on the real board.
    return alerts.toSorted((a, b) => Number(this.seen.has(a.id)) - Number(this.seen.has(b.id)));
  }

  #rollbacks(): Board["alerts"] {
    if (this.rolledBackSince === null) return [];
    const words = { title: "checkout.write was rolled back", detail: "Everything goes the safe way" };
    const rule = { id: "rollback:1", rule: "rollback", kind: "metric", severity: "critical" } as const;
    return [{ ...rule, ...words, flag: "checkout.write", since: iso(this.rolledBackSince) }];
  }

  #lowStock(low: readonly Figures[]): Board["alerts"] {
    return low
      .toSorted((a, b) => a.stock - b.stock)
      .map(({ product, stock, lowSince }) => ({
        id: `stock:${product.sku}`,
        rule: stock <= 0 ? "stock_out" : "stock_low",
        kind: stock <= 0 ? "stock_out" : "stock_low",
        severity: stock <= 0 ? "critical" : "warning",
        sku: product.sku,
        title: stock <= 0 ? `${product.name} is sold out` : `${product.name} is running low`,
        detail: `${stock} left`,
        since: iso(lowSince ?? 0),
      }));
  }
}

const average = ({ revenue, orders }: { revenue: number; orders: number }) =>
  orders === 0 ? null : usd(revenue / orders);

function sum(rows: readonly MinuteRow[]): Omit<MinuteRow, "minute"> {
  const of = (field: keyof MinuteRow): number => rows.reduce((total, row) => total + row[field], 0);
  return {
    revenue: of("revenue"),
    orders: of("orders"),
    views: of("views"),
    adds: of("adds"),
    checkouts: of("checkouts"),
  };
}
