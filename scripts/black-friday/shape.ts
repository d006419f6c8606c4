/**
 * The day's shape: how many checkouts fall due when. No clock and no chance in here. Hours are counted from Thursday 22:00, so that the midnight
 * that everybody waits for is a part of the day.
 */
export const DAY_HOURS = 24;
const BEGINS_AT_HOUR = 22;
const DAYS = ["Thu", "Fri"] as const;

export interface Phase {
  readonly name: string;
  /** In hours since the beginning; it lasts until the next one begins. */
  readonly from: number;
}

export const FLASH_SALE = "flash sale";
const MIDNIGHT = 2;
const FLASH_AT = 18;

export const PHASES: readonly Phase[] = [
  { name: "quiet start", from: 0 },
  { name: "midnight wall", from: MIDNIGHT },
  { name: "night", from: 4 },
  { name: "morning wave", from: 9 },
  { name: "noon wave", from: 13 },
  { name: FLASH_SALE, from: FLASH_AT },
  { name: "evening", from: 19 },
];

/** Somebody always shops. */
const BASE = 0.3;
/** What begins at a stroke and then decays: heights beside the base, time constants in hours. */
const WALLS = [
  { at: MIDNIGHT, height: 3.4, decay: 0.8 },
  { at: FLASH_AT, height: 2.6, decay: 0.4 },
] as const;
/** What swells and ebbs away. */
const WAVES = [
  { at: 11, height: 1.2, width: 1.3 },
  { at: 14.5, height: 1.3, width: 1 },
  { at: 21.5, height: 1.7, width: 1.4 },
] as const;

/** Checkouts per hour, relative: only `Shape` gives them a size. */
export function weightAt(hour: number): number {
  if (hour < 0 || hour >= DAY_HOURS) return 0;
  const walls = WALLS.map(({ at, height, decay }) => (hour < at ? 0 : height * Math.exp((at - hour) / decay)));
  const waves = WAVES.map(({ at, height, width }) => height * Math.exp(-(((hour - at) / width) ** 2) / 2));
  return [...walls, ...waves].reduce((sum, part) => sum + part, BASE);
}

export function phaseAt(hour: number): Phase {
  const [first] = PHASES;
  if (!first) throw new Error("the day has phases");
  return PHASES.findLast(({ from }) => from <= hour) ?? first;
}

/** What a clock on the wall of the shop says: `Fri 00:12`. */
export function clockAt(hour: number): string {
  const minutes = Math.floor((BEGINS_AT_HOUR + hour) * 60);
  const day = DAYS[Math.min(DAYS.length - 1, Math.floor(minutes / (24 * 60)))] ?? "";
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${day} ${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
}

const STEPS_PER_HOUR = 60;

/** The curve as a distribution: a part of the day's checkouts for every part of the day. */
export class Shape {
  /** The part of all checkouts that is due before each step. */
  readonly #before: number[] = [0];
  readonly #whole: number;

  constructor() {
    let sum = 0;
    for (let step = 0; step < DAY_HOURS * STEPS_PER_HOUR; step++) {
      sum += weightAt((step + 0.5) / STEPS_PER_HOUR) / STEPS_PER_HOUR;
      this.#before.push(sum);
    }
    this.#whole = sum;
  }

  /** The part of all checkouts that is due before this hour, 0 to 1. */
  partBefore(hour: number): number {
    const at = Math.min(DAY_HOURS, Math.max(0, hour)) * STEPS_PER_HOUR;
    const step = Math.min(DAY_HOURS * STEPS_PER_HOUR - 1, Math.floor(at));
    const [low, high] = [this.#before[step] ?? 0, this.#before[step + 1] ?? 0];
    return (low + (high - low) * (at - step)) / this.#whole;
  }

  /**
   * The hour before which this part of all checkouts is due. So many numbers drawn evenly from 0 to 1 become the arrivals of a Poisson process
   * with this shape, of which it is known how many there are.
   */
  hourOf(part: number): number {
    const wanted = Math.min(1, Math.max(0, part)) * this.#whole;
    let [low, high] = [0, this.#before.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#before[middle] ?? 0) <= wanted) low = middle;
      else high = middle;
    }
    const [below, above] = [this.#before[low] ?? 0, this.#before[high] ?? 0];
    return (low + (above > below ? (wanted - below) / (above - below) : 0)) / STEPS_PER_HOUR;
  }
}
