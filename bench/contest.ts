import { createHistogram, performance, type RecordableHistogram } from "node:perf_hooks";
import { CONCURRENCY, type Call, type Load, runLoad } from "./load.ts";
import { ratioOf, type Spread, spreadOf } from "./statistics.ts";

/** Odd, so that the median is a round that happened. */
export const ROUNDS = 5;
const WARM_UP_SECONDS = 1;

export interface Duration {
  /** Of each round. */
  readonly seconds: number;
  readonly rounds?: number;
}
/** How much more a side prepares than it used in the round before, should it be faster in the next. */
const SUPPLY = 1.5;
const SUPPLY_FIRST = 200;

/** Something that is measured: the shop, or an operation of the platform that it cannot be faster than. */
export interface Side {
  readonly label: string;
  readonly origin: string;
  readonly status: number;
  /** Before each round, unmeasured: makes what about so many calls will use up, and wakes what would be awake on a busy day. */
  readonly prepare: (calls: number) => Promise<void>;
  readonly next: () => Call | undefined;
  readonly onAnswer?: (text: string) => void;
  /**
   * After each round: waits until the work that the calls left behind is done, so that it does not slow the other side. May answer when
   * that was (`performance.now()`), if it knows better than by having been asked.
   */
  readonly settle?: () => Promise<number | void>;
  /** Whether that wait belongs to what is measured; else it is not. */
  readonly settleCounts?: boolean;
  /** What is counted, when a call is several of them. */
  readonly unit?: { readonly name: string; readonly perCall: number };
}

export interface Contest {
  readonly yardstick: Side;
  readonly subject: Side;
  /** Measured in the same rounds and shown beside the two. */
  readonly others: readonly Side[];
}

export interface Measured {
  readonly label: string;
  /** What `perSecond` counts. */
  readonly unit: string;
  readonly perSecond: Spread;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly calls: number;
  /** The busiest that the load generator was, 0 to 1. */
  readonly generatorBusy: number;
}

export interface ContestResult {
  readonly yardstick: Measured;
  readonly subject: Measured;
  readonly ratio: Spread;
  readonly others: readonly (Measured & { readonly ratio: Spread })[];
}

/** Measures the sides in turns, the order reversed in every second round so that nobody always comes first. */
export async function hold(contest: Contest, { seconds, rounds = ROUNDS }: Duration): Promise<ContestResult> {
  const sides = [contest.yardstick, contest.subject, ...contest.others].map((side) => ({ side, loads: [] as Load[] }));
  const play = async ({ side, loads }: (typeof sides)[number], duration: number): Promise<Load> => {
    await side.prepare(supplyFor(loads.at(-1), duration));
    const load = await runLoad({ ...side, seconds: duration });
    const sent = performance.now();
    const settledAt = (await side.settle?.()) ?? performance.now();
    return inUnits(side, load, side.settleCounts ? Math.max(0, settledAt - sent) / 1_000 : 0);
  };
  for (const entry of sides) entry.loads.push(await play(entry, Math.min(seconds, WARM_UP_SECONDS)));
  for (let round = 0; round < rounds; round++) {
    for (const entry of round % 2 === 0 ? sides : sides.toReversed()) entry.loads.push(await play(entry, seconds));
  }
  const played = sides.map(({ side, loads }) => ({ side, loads: loads.slice(1) }));
  const rates = played.map(({ loads }) => loads.map(({ perSecond }) => perSecond));
  const [yardstick, subject, ...others] = played.map(({ side, loads }) => summary(side, loads));
  const [floor = [], own = [], ...rest] = rates;
  if (!yardstick || !subject) throw new Error("a contest has two sides");
  const beside = others.map((measured, index) => withRatio(measured, ratioOf(own, rest[index] ?? [])));
  return { yardstick, subject, ratio: ratioOf(own, floor), others: beside };
}

function inUnits({ unit }: Side, load: Load, settledInS: number): Load {
  const seconds = load.seconds + settledInS;
  return { ...load, seconds, perSecond: (load.calls * (unit?.perCall ?? 1)) / seconds };
}

const withRatio = (measured: Measured, ratio: Spread) => ({ ...measured, ratio });

function supplyFor(last: Load | undefined, seconds: number): number {
  return last === undefined
    ? Math.ceil(SUPPLY_FIRST * Math.min(seconds, 1)) + CONCURRENCY
    : Math.ceil((last.calls / last.seconds) * seconds * SUPPLY) + CONCURRENCY;
}

function summary({ label, unit }: Side, loads: readonly Load[]): Measured {
  const latencies = loads.reduce<RecordableHistogram>((all, load) => {
    all.add(load.latencies);
    return all;
  }, createHistogram());
  return {
    label,
    unit: unit?.name ?? "calls",
    perSecond: spreadOf(loads.map((load) => load.perSecond)),
    p50Ms: latencies.percentile(50) / 1_000,
    p99Ms: latencies.percentile(99) / 1_000,
    calls: latencies.count,
    generatorBusy: Math.max(...loads.map((load) => load.busy)),
  };
}
