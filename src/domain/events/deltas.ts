import { LIMITS } from "../limits.ts";

/** Columns of a delta, which are also the order of the counters of a (product, minute). */
export const PRODUCT_VIEWS = 0;
export const PRODUCT_ADDS = 1;
export const PRODUCT_CHECKOUTS = 2;

/** Money of one product in one minute. */
export interface ProductMoney {
  readonly sku: string;
  readonly minute: number;
  readonly orders: number;
  readonly units: number;
  readonly currency: string;
  /** Net, minor units; negative for a refund. */
  readonly revenue: number;
}

/** Sums per product and minute, in columns; `product` points into `skus`. Commutative: they can be added up in any order. */
export interface ProductDelta {
  readonly skus: readonly string[];
  readonly product: Uint32Array;
  readonly minute: Uint32Array;
  readonly views: Uint32Array;
  readonly adds: Uint32Array;
  readonly checkouts: Uint32Array;
  readonly money: readonly ProductMoney[];
}

/**
 * What one shard counted for one slice after its commit `after` up to and including `to`. Numbers of a shard's commits, so a slice
 * that knows how far it has got can tell what is new, however often and in whatever order segments arrive.
 */
export interface Segment {
  readonly after: number;
  readonly to: number;
  /** When the oldest of it was folded, UTC ms. */
  readonly foldedAt: number;
  readonly delta: ProductDelta;
}

/** Its product, its minute, and three counters. */
const BYTES_PER_ROW = 5 * 4;
/** The names of its properties and its numbers; its SKU comes on top. */
const BYTES_PER_MONEY = 100;
/** At most two bytes a UTF-16 unit, its tag and its length. */
const bytesOfSku = (sku: string): number => 2 * sku.length + 6;

/** What a delta takes in storage and on the way there, at most. */
export function bytesOfDelta({ skus, product, money }: ProductDelta): number {
  const names = [...skus, ...money.map(({ sku }) => sku)];
  return names.reduce(
    (sum, sku) => sum + bytesOfSku(sku),
    product.length * BYTES_PER_ROW + money.length * BYTES_PER_MONEY,
  );
}

/** The delta that is being counted: rows in typed arrays, found by product and minute in an open-addressing table. */
export class DeltaTable {
  readonly #skus: string[] = [];
  readonly #products = new Map<string, number>();
  readonly #money: ProductMoney[] = [];
  #slots = new Int32Array(256);
  #rows = 0;
  #skuBytes = 0;
  #product = new Uint32Array(64);
  #minute = new Uint32Array(64);
  /** Three counters a row. */
  #counts = new Uint32Array(64 * 3);

  get isEmpty(): boolean {
    return this.#rows === 0 && this.#money.length === 0;
  }

  get isFull(): boolean {
    const bytes = this.#rows * BYTES_PER_ROW + this.#money.length * BYTES_PER_MONEY + this.#skuBytes;
    return bytes >= LIMITS.bytesPerDelta;
  }

  /** A product's number in this delta. */
  productOf(sku: string): number {
    let index = this.#products.get(sku);
    if (index === undefined) {
      index = this.#skus.push(sku) - 1;
      this.#products.set(sku, index);
      this.#skuBytes += bytesOfSku(sku);
    }
    return index;
  }

  count(product: number, minute: number, column: number): void {
    const cell = this.#rowOf(product, minute) * 3 + column;
    this.#counts[cell] = (this.#counts[cell] ?? 0) + 1;
  }

  addMoney(money: ProductMoney): void {
    this.#money.push(money);
    this.#skuBytes += bytesOfSku(money.sku);
  }

  build(): ProductDelta {
    const rows = this.#rows;
    const column = (offset: number): Uint32Array =>
      Uint32Array.from({ length: rows }, (_, row) => this.#counts[row * 3 + offset] ?? 0);
    return {
      skus: this.#skus,
      product: this.#product.slice(0, rows),
      minute: this.#minute.slice(0, rows),
      views: column(PRODUCT_VIEWS),
      adds: column(PRODUCT_ADDS),
      checkouts: column(PRODUCT_CHECKOUTS),
      money: this.#money,
    };
  }

  #rowOf(product: number, minute: number): number {
    const mask = this.#slots.length - 1;
    let slot = Math.imul(product * 4_096 + (minute & 4_095), 0x9e3779b1) >>> 12;
    for (slot &= mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] ?? 0) - 1;
      if (row < 0) return this.#add(slot, product, minute);
      if (this.#product[row] === product && this.#minute[row] === minute) return row;
    }
  }

  #add(slot: number, product: number, minute: number): number {
    const row = this.#rows++;
    if (row >= this.#product.length) this.#widen();
    this.#product[row] = product;
    this.#minute[row] = minute;
    this.#slots[slot] = row + 1;
    if (this.#rows * 2 > this.#slots.length) this.#rehash();
    return row;
  }

  #widen(): void {
    const wider = (column: Uint32Array): Uint32Array<ArrayBuffer> => {
      const next = new Uint32Array(column.length * 2);
      next.set(column);
      return next;
    };
    this.#product = wider(this.#product);
    this.#minute = wider(this.#minute);
    this.#counts = wider(this.#counts);
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let row = 0; row < this.#rows; row++) {
      const key = (this.#product[row] ?? 0) * 4_096 + ((this.#minute[row] ?? 0) & 4_095);
      let slot = (Math.imul(key, 0x9e3779b1) >>> 12) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = row + 1;
    }
  }
}
