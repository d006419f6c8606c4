import type { MinuteCounts, MinuteMoney } from "./summary.ts";

export const MINUTE_MS = 60_000;
export const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS);

/** Minutes that are kept: today and yesterday of any time zone (49 hours when clocks are set back), and some room. */
const KEPT = 3_072;
/** Of a minute's counters: three counts, abandoned carts, then one per step of the funnel. */
const WIDTH = 8;
export const VIEWS = 0;
export const ADDS = 1;
export const CHECKOUTS = 2;
export const ABANDONED = 3;
const FUNNEL = 4;

export interface MinuteColumns {
  readonly minute: Uint32Array;
  readonly counts: Uint32Array;
}

/** Counts per minute of event time in a ring of typed arrays: counting an event is an addition. */
export class MinuteRing {
  readonly #minute = new Uint32Array(KEPT);
  readonly #counts = new Uint32Array(KEPT * WIDTH);
  readonly #version = new Float64Array(KEPT);

  /** Where the counters of a minute are, or -1 when it is older than what is kept. `version` marks it as changed. */
  open(minute: number, version: number): number {
    const slot = minute % KEPT;
    const held = this.#minute[slot] ?? 0;
    if (held !== minute) {
      if (!(minute > held)) return -1;
      this.#minute[slot] = minute;
      this.#counts.fill(0, slot * WIDTH, slot * WIDTH + WIDTH);
    }
    this.#version[slot] = version;
    return slot * WIDTH;
  }

  count(open: number, column: number): void {
    this.#counts[open + column] = (this.#counts[open + column] ?? 0) + 1;
  }

  /** Counts the steps of the funnel that are set in `steps`, one bit each. */
  countSteps(open: number, steps: number): void {
    for (let step = 0; step < WIDTH - FUNNEL; step++) if (steps & (1 << step)) this.count(open, FUNNEL + step);
  }

  /** Minutes from `from` on that changed after `since`, ascending. */
  changed(from: number, since: number): MinuteCounts[] {
    const rows: MinuteCounts[] = [];
    for (let slot = 0; slot < KEPT; slot++) {
      const minute = this.#minute[slot] ?? 0;
      if (minute < from || minute === 0 || !((this.#version[slot] ?? 0) > since)) continue;
      const at = (column: number): number => this.#counts[slot * WIDTH + column] ?? 0;
      rows.push({
        minute,
        views: at(VIEWS),
        adds: at(ADDS),
        checkouts: at(CHECKOUTS),
        abandoned: at(ABANDONED),
        funnel: { view: at(FUNNEL), add: at(FUNNEL + 1), checkout: at(FUNNEL + 2), purchase: at(FUNNEL + 3) },
      });
    }
    return rows.toSorted((a, b) => a.minute - b.minute);
  }

  columns(): MinuteColumns {
    const slots = [...this.#minute.keys()].filter((slot) => this.#minute[slot] !== 0);
    const counts = new Uint32Array(slots.length * WIDTH);
    slots.forEach((slot, i) => counts.set(this.#counts.subarray(slot * WIDTH, slot * WIDTH + WIDTH), i * WIDTH));
    return { minute: Uint32Array.from(slots, (slot) => this.#minute[slot] ?? 0), counts };
  }

  restore({ minute, counts }: MinuteColumns, version: number): void {
    minute.forEach((value, i) => {
      const slot = value % KEPT;
      this.#minute[slot] = value;
      this.#version[slot] = version;
      this.#counts.set(counts.subarray(i * WIDTH, i * WIDTH + WIDTH), slot * WIDTH);
    });
  }
}

type MoneyRow = { -readonly [Key in keyof MinuteMoney]: MinuteMoney[Key] } & { version: number };
export type MoneyChange = Omit<MinuteMoney, "minute" | "currency">;

/** Money per minute and currency. Orders are rare beside events, so these are objects. */
export class MinuteMoneyBook {
  readonly #rows = new Map<string, MoneyRow>();

  add(minute: number, currency: string, change: MoneyChange, version: number): void {
    const key = `${minute} ${currency}`;
    let row = this.#rows.get(key);
    if (!row) {
      row = { minute, currency, captured: 0, refunded: 0, orders: 0, units: 0, abandonedValue: 0, version };
      this.#rows.set(key, row);
    }
    row.captured += change.captured;
    row.refunded += change.refunded;
    row.orders += change.orders;
    row.units += change.units;
    row.abandonedValue += change.abandonedValue;
    row.version = version;
  }

  changed(from: number, since: number): MinuteMoney[] {
    return this.#list((row) => row.minute >= from && row.version > since);
  }

  /** Forgets the minutes before, and answers the rest. */
  keep(from: number): MinuteMoney[] {
    for (const [key, row] of this.#rows) if (row.minute < from) this.#rows.delete(key);
    return this.#list(() => true);
  }

  restore(rows: readonly MinuteMoney[], version: number): void {
    for (const row of rows) this.#rows.set(`${row.minute} ${row.currency}`, { ...row, version });
  }

  #list(wanted: (row: MoneyRow) => boolean): MinuteMoney[] {
    return [...this.#rows.values()]
      .filter(wanted)
      .map(({ version: _version, ...row }) => row)
      .toSorted((a, b) => a.minute - b.minute);
  }
}
