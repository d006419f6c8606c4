const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** No day begins further than this from midnight UTC, with room for one that daylight saving moves. */
const SEARCH_MS = 16 * HOUR_MS;

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

/**
 * The shop's day around `now`. Days are those of the clock on the wall, so one has 23 or 25 hours when daylight saving changes, and the
 * same time yesterday is the same time on that clock. The time zone database is the runtime's.
 */
export function shopDay(now: number, timeZone: string): ShopDay {
  const date = localDate(now, timeZone);
  const startsAt = startOf(date, timeZone);
  const yesterdayStartsAt = startOf(localDate(startsAt - 1, timeZone), timeZone);
  const sameTime = now - DAY_MS + offsetAt(now, timeZone) - offsetAt(now - DAY_MS, timeZone);
  const yesterdayUntil = Math.min(Math.max(sameTime, yesterdayStartsAt), startsAt);
  return { date, timeZone, startsAt, yesterdayStartsAt, yesterdayUntil };
}

/** Whether `timeZone` is one that the runtime knows. */
export function isTimeZone(timeZone: string): boolean {
  try {
    formatOf(timeZone);
    return true;
  } catch {
    return false;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a formatter is a thousand times dearer than using one. There are as many as there are time zones in the configuration: one. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const kept = formats.get(timeZone);
  if (kept) return kept;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  formats.set(timeZone, made);
  return made;
}

/** What the shop's clocks show, as if it were UTC: its difference to `at` is the offset. */
function wallClock(at: number, timeZone: string): number {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const of = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
}

const offsetAt = (at: number, timeZone: string): number => wallClock(at, timeZone) - Math.floor(at / 1_000) * 1_000;

export const localDate = (at: number, timeZone: string): string =>
  new Date(wallClock(at, timeZone)).toISOString().slice(0, 10);

/** The first second whose local date is `date`. Searched for, because a day need not begin at midnight: clocks may jump over it. */
function startOf(date: string, timeZone: string): number {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  let before = (midnight - SEARCH_MS) / 1_000;
  let after = (midnight + SEARCH_MS) / 1_000;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (localDate(middle * 1_000, timeZone) < date) before = middle;
    else after = middle;
  }
  return after * 1_000;
}
