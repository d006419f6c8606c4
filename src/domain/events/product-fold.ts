import { LIMITS } from "../limits.ts";
import type { LocalDays } from "../local-day.ts";
import type { ProductDelta, ProductMoney, Segment } from "./deltas.ts";
import { MINUTE_MS } from "./minutes.ts";
import { dayFigures, newProduct, noteAsked, noteFacts, type ProductFacts, type ProductState } from "./product.ts";
import { ProductMinutes } from "./product-minutes.ts";
import { addToTrend, TREND_WEIGHTS } from "./trend.ts";

const MINUTES_KEPT = 1_440;
const SPARK_MINUTES = 30;
/** What products beyond `LIMITS.productsPerSlice` are counted under. */
export const OTHER_PRODUCTS = "(other)";

export interface StockLevelFact {
  readonly sku: string;
  readonly onHand: number;
  readonly reserved: number;
  readonly seq: number;
  readonly at: number;
}

/** How far a slice has got with each shard: the last commit of it that is in the figures. */
export type Watermarks = Map<string, number>;

/** All that a slice of products knows, in memory. Deterministic like a shard's fold: what was logged gives the same state again. */
export class ProductFold {
  readonly products: ProductState[] = [];
  readonly minutes = new Map<number, ProductMinutes>();
  readonly watermarks: Watermarks = new Map();
  /** Net revenue of all products for ever, per currency. */
  readonly revenue: Record<string, number> = {};
  /** Products that changed since the last checkpoint. */
  readonly changed = new Set<number>();
  /** Products that something happened to in this commit. */
  readonly touched = new Set<number>();
  /** Those of them whose stock moved, or matters since now, or no longer does. */
  readonly restocked = new Set<number>();
  /** Products that were asked for and are not known yet. */
  readonly unanswered = new Set<number>();
  readonly stockFacts = { count: 0, lastAt: 0 };
  readonly #index = new Map<string, number>();
  readonly #days: LocalDays;
  #now = 0;

  constructor(options: { readonly days: LocalDays }) {
    this.#days = options.days;
  }

  begin(now: number): void {
    this.#now = now;
    this.touched.clear();
    this.restocked.clear();
  }

  /** Takes the segments of a shard that are news, in order, and answers how far that goes. What is not the next one has to wait for it. */
  take(origin: string, segments: readonly Segment[]): number {
    let watermark = this.watermarks.get(origin) ?? 0;
    for (const { after, to, delta } of segments) {
      if (to <= watermark) continue;
      if (after !== watermark) break;
      this.#add(delta);
      watermark = to;
    }
    this.watermarks.set(origin, watermark);
    return watermark;
  }

  /** The newest level of a SKU; older ones change nothing. */
  takeStock({ sku, onHand, reserved, seq, at }: StockLevelFact): void {
    const number = this.#numberOf(sku, true);
    const product = this.#changedProduct(number);
    if (!product || (product.stock && product.stock.seq >= seq)) return;
    product.stock = { available: onHand - reserved, onHand, seq, asOf: at };
    this.restocked.add(number);
    this.stockFacts.count++;
    this.stockFacts.lastAt = Math.max(this.stockFacts.lastAt, at);
  }

  enrich(facts: ProductFacts): void {
    const number = this.#index.get(facts.sku);
    const product = number === undefined ? undefined : this.#changedProduct(number);
    if (!product || number === undefined) return;
    const before = product.status;
    noteFacts(product, facts, this.#now);
    if (product.status !== before) this.restocked.add(number);
    if (product.asked === 0) this.unanswered.delete(number);
  }

  /** Which of these products have to be looked up now; they count as asked for. */
  takeWanted(numbers: Iterable<number>, now: number): string[] {
    const wanted: string[] = [];
    for (const number of numbers) {
      const product = this.products[number];
      if (!product || product.askAt > now || product.sku === OTHER_PRODUCTS) continue;
      noteAsked(product, now);
      this.unanswered.add(number);
      wanted.push(product.sku);
    }
    return wanted;
  }

  /** When the next product that is shown by defaults should be looked up again; null when there is none. */
  nextAsk(): number | null {
    let next: number | null = null;
    for (const number of this.unanswered) {
      const at = this.products[number]?.askAt ?? Infinity;
      if (next === null || at < next) next = at;
    }
    return next;
  }

  find(sku: string): number | undefined {
    return this.#index.get(sku);
  }

  /** Weighted activity of the last 30 minutes, oldest first. */
  spark(number: number, now: number): number[] {
    const last = Math.floor(now / MINUTE_MS);
    return Array.from(
      { length: SPARK_MINUTES },
      (_, i) => this.minutes.get(last - SPARK_MINUTES + 1 + i)?.weightOf(number) ?? 0,
    );
  }

  /** Drops minutes that are over a day old, and more when there are too many rows. Answers those that are gone. */
  forgetMinutes(now: number): number[] {
    const oldestFirst = [...this.minutes.keys()].toSorted((a, b) => a - b);
    let rows = [...this.minutes.values()].reduce((sum, { size }) => sum + size, 0);
    const from = Math.floor(now / MINUTE_MS) - MINUTES_KEPT;
    const gone: number[] = [];
    for (const minute of oldestFirst) {
      if (minute >= from && rows <= LIMITS.productMinutesPerSlice) break;
      rows -= this.minutes.get(minute)?.size ?? 0;
      this.minutes.delete(minute);
      gone.push(minute);
    }
    return gone;
  }

  restoreProducts(products: readonly ProductState[]): void {
    for (const product of products) {
      const number = this.products.push(product) - 1;
      this.#index.set(product.sku, number);
      if (product.asked > 0) this.unanswered.add(number);
    }
  }

  #add(delta: ProductDelta): void {
    const trusted = new Set(delta.money.map(({ sku }) => sku));
    const numbers = Uint32Array.from(delta.skus, (sku) => this.#numberOf(sku, trusted.has(sku)));
    let minute = 0;
    let table: ProductMinutes | undefined;
    let dayStartsAt = 0;
    for (let row = 0; row < delta.product.length; row++) {
      const of = delta.minute[row] ?? 0;
      if (of !== minute) {
        minute = of;
        table = this.#minuteOf(minute);
        dayStartsAt = this.#days.of(minute * MINUTE_MS).startsAt;
      }
      const number = numbers[delta.product[row] ?? 0] ?? 0;
      const views = delta.views[row] ?? 0;
      const adds = delta.adds[row] ?? 0;
      const checkouts = delta.checkouts[row] ?? 0;
      table?.add(number, views, adds, checkouts);
      const product = this.#changedProduct(number);
      if (!product) continue;
      const day = dayFigures(product, dayStartsAt);
      if (day) {
        day.views += views;
        day.adds += adds;
        day.checkouts += checkouts;
      }
      const weight = views * TREND_WEIGHTS.view + adds * TREND_WEIGHTS.add;
      if (weight > 0) addToTrend(product.trend, this.#middleOf(minute), weight);
    }
    for (const money of delta.money) this.#sell(money);
  }

  #sell({ sku, minute, orders, units, currency, revenue }: ProductMoney): void {
    const number = this.#numberOf(sku, true);
    this.#minuteOf(minute)?.sell(number, orders, units, currency, revenue);
    this.revenue[currency] = (this.revenue[currency] ?? 0) + revenue;
    const product = this.#changedProduct(number);
    if (!product) return;
    const day = dayFigures(product, this.#days.of(minute * MINUTE_MS).startsAt);
    if (day) {
      day.orders += orders;
      day.units += units;
      day.revenue[currency] = (day.revenue[currency] ?? 0) + revenue;
    }
    if (orders > 0) addToTrend(product.trend, this.#middleOf(minute), orders * TREND_WEIGHTS.order);
  }

  /** Of a minute that is under way only what has passed of it: a trend must not lie in the future. */
  #middleOf(minute: number): number {
    return Math.min(minute * MINUTE_MS + MINUTE_MS / 2, this.#now);
  }

  #changedProduct(number: number): ProductState | undefined {
    this.changed.add(number);
    this.touched.add(number);
    return this.products[number];
  }

  /** Not a minute that is older than a day: there is no series that would show it, only the day's sums. */
  #minuteOf(minute: number): ProductMinutes | undefined {
    let table = this.minutes.get(minute);
    if (!table && minute >= Math.floor(this.#now / MINUTE_MS) - MINUTES_KEPT) {
      table = new ProductMinutes(minute);
      this.minutes.set(minute, table);
    }
    return table;
  }

  /** Anybody can send events of products that do not exist: beyond the limit only what our own objects name gets a place of its own. */
  #numberOf(sku: string, isTrusted: boolean): number {
    const known = this.#index.get(sku);
    if (known !== undefined) return known;
    const hasRoom = isTrusted || sku === OTHER_PRODUCTS || this.products.length < LIMITS.productsPerSlice;
    if (!hasRoom) return this.#numberOf(OTHER_PRODUCTS, true);
    const number = this.products.push(newProduct(sku)) - 1;
    this.#index.set(sku, number);
    return number;
  }
}
