import type { LocalDays } from "../local-day.ts";

/** A day of the shop, and the one before for comparison. Times in UTC ms. */
export interface ShopDay {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly timeZone: string;
  readonly startsAt: number;
  readonly yesterdayStartsAt: number;
  /** When the shop's clocks showed yesterday what they show now. */
  readonly yesterdayUntil: number;
}

/** The shop's day around `now`, by the same arithmetic that the shards and slices use: they compare beginnings of days for equality. */
export function shopDay(now: number, timeZone: string, days: LocalDays): ShopDay {
  const today = days.of(now);
  return {
    date: today.date,
    timeZone,
    startsAt: today.startsAt,
    yesterdayStartsAt: days.before(today).startsAt,
    yesterdayUntil: days.sameTimeBefore(now),
  };
}
