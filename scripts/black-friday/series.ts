import { latencyOf } from "./latency.ts";
import type { Outcome } from "./messages.ts";
import { DAY_HOURS, phaseAt, PHASES } from "./shape.ts";
import { type Moment, STALE_MS } from "./watch.ts";

/** Columns of equal length: what happened in each stretch of the day. Rates per second of this machine's time. */
export interface Series {
  /** The middle of each stretch, in hours since the beginning of the day; what comes after it is the aftermath. */
  readonly hour: readonly number[];
  readonly due: readonly number[];
  readonly accepted: readonly (number | null)[];
  readonly p50: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
  readonly inside: readonly (number | null)[];
  readonly charges: readonly (number | null)[];
  readonly backlog: readonly (number | null)[];
  readonly events: readonly (number | null)[];
  readonly eventP99: readonly (number | null)[];
  readonly revenue: readonly (number | null)[];
}

const STRETCHES = 160;
/** Samples come twice a second; a shorter stretch would be empty every other time. */
const STRETCH_MIN_MS = 1_000;

export function seriesOf(
  { checkouts, unanswered_checkouts: unanswered, played_ms: playedMs }: Outcome,
  moments: readonly Moment[],
  dayMs: number,
): Series {
  const stretchMs = Math.max(STRETCH_MIN_MS, dayMs / STRETCHES);
  const stretches = Math.max(1, Math.ceil(playedMs / stretchMs));
  const at = Array.from({ length: stretches }, (_, index) => index);
  const seconds = stretchMs / 1_000;
  const slotOf = (ms: number): number => Math.min(stretches - 1, Math.max(0, Math.floor(ms / stretchMs)));
  const bySlot = Map.groupBy(checkouts, ([dueAt]) => slotOf(dueAt));
  const missing = Map.groupBy(unanswered, slotOf);
  const looks = Map.groupBy(moments, (moment) => slotOf(moment.at));
  const last = at.map((slot) => looks.get(slot)?.at(-1));
  const latency = at.map((slot) => latencyOf((bySlot.get(slot) ?? []).map(([, ms]) => ms)));
  const rate = (of: (moment: Moment) => number): (number | null)[] => ratesOf(last, of, stretchMs);
  const level = (of: (moment: Moment) => number | null): (number | null)[] =>
    last.map((moment) => (moment ? of(moment) : null));
  return {
    hour: at.map((slot) => (((slot + 0.5) * stretchMs) / dayMs) * DAY_HOURS),
    due: at.map((slot) => ((bySlot.get(slot)?.length ?? 0) + (missing.get(slot)?.length ?? 0)) / seconds),
    accepted: rate(({ counts }) => counts.accepted),
    p50: latency.map(({ p50 }) => finite(p50)),
    p99: latency.map(({ p99 }) => finite(p99)),
    inside: level(({ counts }) => counts.inside),
    charges: level(({ charges, ageMs }) => (ageMs < STALE_MS ? charges : null)),
    backlog: level(({ backlog, ageMs }) => (ageMs < STALE_MS ? backlog : null)),
    events: rate(({ counts }) => counts.events_acknowledged),
    eventP99: level(({ eventMs }) => eventMs?.p99 ?? null),
    revenue: level(({ revenue }) => revenue.amount),
  };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** From the last look of one stretch to that of the next; a stretch that nobody looked at is left out, and its part is in the next. */
function ratesOf(
  last: readonly (Moment | undefined)[],
  of: (moment: Moment) => number,
  stretchMs: number,
): (number | null)[] {
  let [before, beforeAt] = [0, 0];
  return last.map((moment) => {
    if (!moment) return null;
    const rate = ((of(moment) - before) / Math.max(stretchMs / 2, moment.at - beforeAt)) * 1_000;
    [before, beforeAt] = [of(moment), moment.at];
    return rate;
  });
}

export interface PhaseFigures {
  readonly name: string;
  readonly fromHour: number;
  readonly due: number;
  /** Due in each second. */
  readonly perSecond: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
}

/** By when a checkout was due, not by when it was answered: a phase cannot hand its wait on to the next. */
export function phasesOf(
  { checkouts, unanswered_checkouts: unanswered }: Pick<Outcome, "checkouts" | "unanswered_checkouts">,
  dayMs: number,
): PhaseFigures[] {
  const phaseOf = (dueAt: number): string => phaseAt((dueAt / dayMs) * DAY_HOURS).name;
  const answered = Map.groupBy(checkouts, ([dueAt]) => phaseOf(dueAt));
  const missing = Map.groupBy(unanswered, phaseOf);
  return PHASES.map(({ name, from }, index) => {
    const own = answered.get(name) ?? [];
    const due = own.length + (missing.get(name)?.length ?? 0);
    const hours = (PHASES[index + 1]?.from ?? DAY_HOURS) - from;
    const { mean, p50, p99 } = latencyOf(own.map(([, ms]) => ms));
    return { name, fromHour: from, due, perSecond: due / ((hours / DAY_HOURS) * (dayMs / 1_000)), mean, p50, p99 };
  });
}
