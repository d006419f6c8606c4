import type { LocalDays } from "../local-day.ts";
import { addToSketch, emptySketch } from "./hyperloglog.ts";

export interface DaySketch {
  readonly date: string;
  readonly registers: Uint8Array;
}

interface OpenDay {
  readonly date: string;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly registers: Uint8Array;
  version: number;
}

/** A day is open for a day after its end. */
const DAYS = 3;

/** A sketch of the distinct visitors of each of the last local days. */
export class DayUniques {
  readonly #days: LocalDays;
  #open: OpenDay[] = [];

  constructor(days: LocalDays) {
    this.#days = days;
  }

  add(high: number, low: number, at: number, version: number): void {
    let day = this.#open[0];
    if (day === undefined || at < day.startsAt || at >= day.endsAt) day = this.#dayOf(at);
    if (addToSketch(day.registers, high, low)) day.version = version;
  }

  /** The sketch of a day when it changed after `since`. */
  changed(date: string, since: number): DaySketch | undefined {
    const day = this.#open.find((open) => open.date === date);
    return day && day.version > since ? { date, registers: day.registers.slice() } : undefined;
  }

  save(): DaySketch[] {
    const oldestFirst = this.#open.toSorted((a, b) => a.startsAt - b.startsAt);
    return oldestFirst.map(({ date, registers }) => ({ date, registers }));
  }

  restore(sketches: readonly DaySketch[], now: number, version: number): void {
    // Days are found again by their names: today, and as many before it as are kept.
    let day = this.#days.of(now + 60_000);
    for (let back = 0; back <= DAYS; back++) {
      const { date } = day;
      const sketch = sketches.find((saved) => saved.date === date);
      if (sketch) this.#open.push({ ...day, registers: sketch.registers.slice(), version });
      day = this.#days.before(day);
    }
  }

  /** The one of the day, moved to the front: events of one time come together. */
  #dayOf(at: number): OpenDay {
    const { date, startsAt, endsAt } = this.#days.of(at);
    const known = this.#open.find((day) => day.date === date);
    const day = known ?? { date, startsAt, endsAt, registers: emptySketch(), version: 0 };
    const newestFirst = [day, ...this.#open.filter((other) => other !== day)].toSorted(
      (a, b) => b.startsAt - a.startsAt,
    );
    const kept = newestFirst.slice(0, DAYS);
    this.#open = [day, ...kept.filter((other) => other !== day)];
    return day;
  }
}
