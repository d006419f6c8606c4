import type { MinuteRow } from "../../src/domain/live.ts";
import type { LocalDays } from "../../src/domain/local-day.ts";

export type MinuteField = Exclude<keyof MinuteRow, "minute">;

/** Points of a chart: beginnings of the spans in UTC seconds, and per minute what happened in them. */
export interface Series {
  readonly at: readonly number[];
  readonly today: readonly (number | null)[];
  readonly yesterday: readonly (number | null)[];
}

export const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
const HOUR_MINUTES = 60;

/** The last full hour, minute by minute. The minute that is under way is left out: it would always look like a fall. */
export function lastHour(
  rows: readonly MinuteRow[],
  field: MinuteField,
  { now, days }: { readonly now: number; readonly days: LocalDays },
): Series {
  const end = Math.floor(now / MINUTE_MS);
  return series(rows, field, { start: end - HOUR_MINUTES, end, until: end, step: 1, days });
}

/** A whole day in steps, of 23 or 25 hours when the clocks change; of today only what is over. Values stay "per minute", so that both views have one scale. */
export function wholeDay(
  rows: readonly MinuteRow[],
  field: MinuteField,
  {
    startsAt,
    now,
    days,
    step = 10,
  }: { readonly startsAt: number; readonly now: number; readonly days: LocalDays; readonly step?: number },
): Series {
  const minute = (at: number): number => Math.floor(at / MINUTE_MS);
  const [start, end, until] = [minute(startsAt), minute(days.of(startsAt).endsAt), minute(now)];
  return series(rows, field, { start, end, until, step, days });
}

/** What the minute under way has brought so far. */
export function underWay(rows: readonly MinuteRow[], field: MinuteField, now: number): number {
  const minute = Math.floor(now / MINUTE_MS);
  return rows.findLast((row) => row.minute === minute)?.[field] ?? 0;
}

interface Span {
  readonly start: number;
  readonly end: number;
  /** The first minute that is not over. */
  readonly until: number;
  readonly step: number;
  /** Of the shop. */
  readonly days: LocalDays;
}

function series(rows: readonly MinuteRow[], field: MinuteField, { start, end, until, step, days }: Span): Series {
  const values = new Map(rows.map((row) => [row.minute, row[field]]));
  const first = rows[0]?.minute ?? Infinity;
  const mean = (from: number): number => {
    let sum = 0;
    for (let minute = from; minute < from + step; minute += 1) sum += values.get(minute) ?? 0;
    return sum / step;
  };
  const at: number[] = [];
  const today: (number | null)[] = [];
  const yesterday: (number | null)[] = [];
  for (let from = start; from < end; from += step) {
    at.push((from * MINUTE_MS) / 1_000);
    today.push(from + step <= until ? mean(from) : null);
    // Before the first minute that was ever recorded there is nothing to compare with; zero would be a claim.
    const before = dayBefore(from, days);
    yesterday.push(before !== undefined && before + step > first ? mean(before) : null);
  }
  return { at, today, yesterday };
}

/** When the shop's clocks showed the same on the day before, as the totals are compared; undefined in an hour that they skipped. */
function dayBefore(minute: number, days: LocalDays): number | undefined {
  const at = minute * MINUTE_MS;
  const day = days.of(at);
  // Reading clocks is dear, and on most days needless.
  if (day.endsAt - days.before(day).startsAt === 2 * DAY_MINUTES * MINUTE_MS) return minute - DAY_MINUTES;
  const before = days.sameTimeBefore(at);
  return days.minuteOfDay(before) === days.minuteOfDay(at) ? Math.floor(before / MINUTE_MS) : undefined;
}
