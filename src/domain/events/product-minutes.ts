import { TREND_WEIGHTS } from "./trend.ts";

export interface SoldInMinute {
  orders: number;
  units: number;
  readonly revenue: Record<string, number>;
}

/** One minute of all products of a slice, as it is stored. */
export interface ProductMinuteColumns {
  readonly minute: number;
  readonly product: Uint32Array;
  /** Views, adds and checkouts of a row beside each other. */
  readonly counts: Uint32Array;
  readonly sold: readonly (readonly [number, SoldInMinute])[];
}

const NO_SALE: SoldInMinute = { orders: 0, units: 0, revenue: {} };

/** What happened to products in one minute: rows in typed arrays, found by the product's number. */
export class ProductMinutes {
  readonly minute: number;
  /** Whether storage has it as it is. */
  isStored = false;
  #slots = new Int32Array(32);
  #rows = 0;
  #product = new Uint32Array(16);
  #counts = new Uint32Array(16 * 3);
  readonly #sold = new Map<number, SoldInMinute>();

  constructor(minute: number) {
    this.minute = minute;
  }

  get size(): number {
    return this.#rows + this.#sold.size;
  }

  add(product: number, views: number, adds: number, checkouts: number): void {
    const cell = this.#rowOf(product) * 3;
    const counts = this.#counts;
    counts[cell] = (counts[cell] ?? 0) + views;
    counts[cell + 1] = (counts[cell + 1] ?? 0) + adds;
    counts[cell + 2] = (counts[cell + 2] ?? 0) + checkouts;
    this.isStored = false;
  }

  sell(product: number, orders: number, units: number, currency: string, revenue: number): void {
    let sold = this.#sold.get(product);
    if (!sold) {
      sold = { orders: 0, units: 0, revenue: {} };
      this.#sold.set(product, sold);
    }
    sold.orders += orders;
    sold.units += units;
    sold.revenue[currency] = (sold.revenue[currency] ?? 0) + revenue;
    this.isStored = false;
  }

  /** Of one product; undefined when nothing happened to it. */
  of(product: number): (Readonly<SoldInMinute> & { views: number; adds: number; checkouts: number }) | undefined {
    const row = this.#find(product);
    const sold = this.#sold.get(product);
    if (row < 0 && !sold) return undefined;
    const at = (column: number): number => (row < 0 ? 0 : (this.#counts[row * 3 + column] ?? 0));
    return { views: at(0), adds: at(1), checkouts: at(2), ...(sold ?? NO_SALE) };
  }

  weightOf(product: number): number {
    const row = this.#find(product);
    const views = row < 0 ? 0 : (this.#counts[row * 3] ?? 0);
    const adds = row < 0 ? 0 : (this.#counts[row * 3 + 1] ?? 0);
    const orders = this.#sold.get(product)?.orders ?? 0;
    return views * TREND_WEIGHTS.view + adds * TREND_WEIGHTS.add + orders * TREND_WEIGHTS.order;
  }

  columns(): ProductMinuteColumns {
    return {
      minute: this.minute,
      product: this.#product.slice(0, this.#rows),
      counts: this.#counts.slice(0, this.#rows * 3),
      sold: [...this.#sold],
    };
  }

  static restore({ minute, product, counts, sold }: ProductMinuteColumns): ProductMinutes {
    const table = new ProductMinutes(minute);
    product.forEach((number, i) =>
      table.add(number, counts[i * 3] ?? 0, counts[i * 3 + 1] ?? 0, counts[i * 3 + 2] ?? 0),
    );
    for (const [number, row] of sold) table.#sold.set(number, { ...row, revenue: { ...row.revenue } });
    table.isStored = true;
    return table;
  }

  #find(product: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = slotOf(product) & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] ?? 0) - 1;
      if (row < 0 || this.#product[row] === product) return row;
    }
  }

  #rowOf(product: number): number {
    const known = this.#find(product);
    if (known >= 0) return known;
    const row = this.#rows++;
    if (row >= this.#product.length) this.#widen();
    this.#product[row] = product;
    if (this.#rows * 2 > this.#slots.length) this.#slots = new Int32Array(this.#slots.length * 2);
    else return this.#place(row);
    for (let each = 0; each < row; each++) this.#place(each);
    return this.#place(row);
  }

  #place(row: number): number {
    const mask = this.#slots.length - 1;
    let slot = slotOf(this.#product[row] ?? 0) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = row + 1;
    return row;
  }

  #widen(): void {
    const wider = (column: Uint32Array): Uint32Array<ArrayBuffer> => {
      const next = new Uint32Array(column.length * 2);
      next.set(column);
      return next;
    };
    this.#product = wider(this.#product);
    this.#counts = wider(this.#counts);
  }
}

const slotOf = (product: number): number => Math.imul(product, 0x9e3779b1) >>> 12;
