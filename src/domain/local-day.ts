/** A day of the shop: `date` as in `2026-11-27`, bounds in UTC ms, the end exclusive. 23 to 25 hours long. */
export interface LocalDay {
  readonly date: string;
  readonly startsAt: number;
  readonly endsAt: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Days of one IANA time zone. Formatting is dear, so the days that were asked for are remembered. */
export class LocalDays {
  readonly #format: Intl.DateTimeFormat;
  #known: LocalDay[] = [];

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat("en-CA", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  }

  of(at: number): LocalDay {
    for (const day of this.#known) if (at >= day.startsAt && at < day.endsAt) return day;
    const day = this.#find(at);
    this.#known = [day, ...this.#known.slice(0, 3)];
    return day;
  }

  /** The day before. */
  before(day: LocalDay): LocalDay {
    return this.of(day.startsAt - 1);
  }

  /** When the clocks showed the day before what they show now. An hour that they skipped then ends where they went on. */
  sameTimeBefore(at: number): number {
    const day = this.of(at);
    const yesterday = this.before(day);
    const wanted = this.#read(at).sinceMidnight;
    const guess = yesterday.startsAt + wanted;
    const { date, sinceMidnight } = this.#read(guess);
    // After a day of 23 hours the guess for the last hour is in the next one already.
    const same = guess + wanted - (date === yesterday.date ? sinceMidnight : sinceMidnight + DAY);
    return Math.min(Math.max(same, yesterday.startsAt), day.startsAt);
  }

  /** What the clocks show, in minutes after midnight. */
  minuteOfDay(at: number): number {
    return Math.floor(this.#read(at).sinceMidnight / 60_000);
  }

  #find(at: number): LocalDay {
    const { date, sinceMidnight } = this.#read(at);
    const startsAt = this.#midnight(at - sinceMidnight, date);
    const { date: next } = this.#read(startsAt + 30 * HOUR);
    const after = this.#read(startsAt + DAY + 2 * HOUR);
    const endsAt = this.#midnight(startsAt + DAY + 2 * HOUR - after.sinceMidnight, next);
    return { date, startsAt, endsAt };
  }

  /** The first moment of a date, near a guess that is off by what the clocks were moved that day. Zones are whole quarters of an hour. */
  #midnight(guess: number, date: string): number {
    const step = HOUR / 4;
    let at = Math.round(guess / 1_000) * 1_000;
    while (this.#read(at).date < date) at += step;
    while (this.#read(at - step).date >= date) at -= step;
    return at - (this.#read(at).sinceMidnight % step);
  }

  #read(at: number): { readonly date: string; readonly sinceMidnight: number } {
    const parts: Record<string, string> = {};
    for (const { type, value } of this.#format.formatToParts(at)) parts[type] = value;
    const { year, month, day, hour, minute, second } = parts;
    const seconds = Number(hour) * 3_600 + Number(minute) * 60 + Number(second);
    return { date: `${year}-${month}-${day}`, sinceMidnight: seconds * 1_000 + (at % 1_000) };
  }
}
