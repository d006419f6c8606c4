import { exponentOf } from "../../src/domain/currency.ts";
import type { Board } from "../../src/domain/live.ts";
import { LocalDays } from "../../src/domain/local-day.ts";
import type { Money } from "../../src/domain/money.ts";

const NONE = "\u2013";

interface MoneyStyle {
  readonly exact: Intl.NumberFormat;
  readonly whole: Intl.NumberFormat;
  readonly minorPerMajor: number;
}

/** Figures as the reader writes them, in the shop's currency and the shop's time, wherever the reader is. */
export class Format {
  readonly timeZone: string;
  readonly days: LocalDays;
  readonly #locale: string | undefined;
  readonly #currency: string;
  readonly #styles = new Map<string, MoneyStyle>();
  readonly #moneyShort: Intl.NumberFormat;
  readonly #count: Intl.NumberFormat;
  readonly #countShort: Intl.NumberFormat;
  readonly #percent: Intl.NumberFormat;
  readonly #time: Intl.DateTimeFormat;
  readonly #seconds: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;

  constructor({ currency, time_zone: timeZone }: Pick<Board["day"], "currency" | "time_zone">, locale?: string) {
    this.timeZone = timeZone;
    this.days = new LocalDays(timeZone);
    this.#locale = locale;
    this.#currency = currency;
    const short = { notation: "compact", maximumFractionDigits: 1 } as const;
    this.#moneyShort = new Intl.NumberFormat(locale, {
      style: "currency",
      currency,
      ...short,
      minimumFractionDigits: 0,
    });
    this.#count = new Intl.NumberFormat(locale);
    this.#countShort = new Intl.NumberFormat(locale, short);
    this.#percent = new Intl.NumberFormat(locale, {
      style: "percent",
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    });
    this.#time = new Intl.DateTimeFormat(locale, { timeZone, hour: "2-digit", minute: "2-digit" });
    this.#seconds = new Intl.DateTimeFormat(locale, { timeZone, timeStyle: "medium" });
    this.#date = new Intl.DateTimeFormat(locale, { timeZone, weekday: "long", day: "numeric", month: "long" });
  }

  money(money: Money | null): string {
    return money ? this.#style(money.currency).exact.format(this.#major(money)) : NONE;
  }

  /** Whole units where cents are noise: a sum of a day. */
  moneyWhole(money: Money): string {
    return this.#style(money.currency).whole.format(this.#major(money));
  }

  /** Of the shop's currency, in minor units, without what does not fit on an axis. */
  moneyShort = (amount: number): string => this.#moneyShort.format(amount / this.#style(this.#currency).minorPerMajor);

  /** Of the shop's currency, in minor units. */
  shopMoney = (amount: number): string => this.money({ amount, currency: this.#currency });

  count = (value: number): string => this.#count.format(value);
  countShort = (value: number): string => this.#countShort.format(value);
  share = (share: number | null): string => (share === null ? NONE : this.#percent.format(share));
  time = (ms: number): string => this.#time.format(ms);
  timeWithSeconds = (ms: number): string => this.#seconds.format(ms);
  date = (ms: number): string => this.#date.format(ms);

  #major({ amount, currency }: Money): number {
    return amount / this.#style(currency).minorPerMajor;
  }

  /** Kept per currency: hundreds of cells are written with every frame, and making a format is dear. */
  #style(currency: string): MoneyStyle {
    const known = this.#styles.get(currency);
    if (known) return known;
    // By ISO 4217, as amounts are kept. Intl's own digits are those that people write: none for RSD, although a unit of it has a hundred parts.
    const digits = exponentOf(currency);
    const withDigits = (count: number): Intl.NumberFormat =>
      new Intl.NumberFormat(this.#locale, {
        style: "currency",
        currency,
        minimumFractionDigits: count,
        maximumFractionDigits: count,
      });
    const made = { exact: withDigits(digits), whole: withDigits(0), minorPerMajor: 10 ** digits };
    this.#styles.set(currency, made);
    return made;
  }
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** A span as short as it can be said: `0.42 s`, `12 s`, `4 min`, `3 h`, `2 d`. */
export function span(ms: number): string {
  if (ms < 10 * SECOND_MS) return `${(Math.max(0, ms) / SECOND_MS).toFixed(ms < SECOND_MS ? 2 : 1)} s`;
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < 48 * HOUR_MS) return `${Math.floor(ms / HOUR_MS)} h`;
  return `${Math.floor(ms / (24 * HOUR_MS))} d`;
}
