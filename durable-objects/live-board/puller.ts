import type { ShopDay } from "../../src/domain/board/day.ts";
import {
  missed,
  seeShard,
  seeSlice,
  type ShardView,
  sightOf,
  type SliceView,
  unseenShard,
  unseenSlice,
} from "../../src/domain/board/sources.ts";
import type { ShardSummary, Sight, SliceQuery, SliceSummary } from "../../src/domain/events/summary.ts";
import { log } from "../../src/platform/log.ts";
import { within } from "../within.ts";

/** The board does not wait longer than this for a source; what it said before stays. */
const ANSWER_MS = 1_000;
/** A call that has not ended after this long is given up; until then no second one is made, since a source in trouble needs fewer calls. */
const GIVE_UP_MS = 10_000;
const MINUTE_MS = 60_000;
/** Receipts that wait for a frame; more would mean that nobody sends frames. */
const RECEIPTS_MAX = 20_000;

export interface PullTools {
  readonly askShard: (name: string, seen: Sight | undefined) => Promise<ShardSummary>;
  readonly askSlice: (name: string, query: SliceQuery) => Promise<SliceSummary>;
  readonly now: () => number;
}

export type Receipt = ShardSummary["receipts"][number];

interface Call {
  readonly number: number;
  readonly startedAt: number;
  /** Waits at most `ANSWER_MS`. */
  readonly answer: Promise<void>;
}

/** Asks all shards and slices, side by side, and keeps what each last said. */
export class Puller {
  readonly #tools: PullTools;
  readonly #shards = new Map<string, ShardView>();
  readonly #slices = new Map<string, SliceView>();
  readonly #calls = new Map<string, Call>();
  /** Figures of a slice are of the day that they were asked for. */
  readonly #dayOfSlice = new Map<string, number>();
  #asked = 0;
  #receipts: Receipt[] = [];
  #newestEventAt: number | null = null;

  constructor(tools: PullTools) {
    this.#tools = tools;
  }

  get sources(): { readonly shards: readonly ShardView[]; readonly slices: readonly SliceView[] } {
    return { shards: [...this.#shards.values()], slices: [...this.#slices.values()] };
  }

  /** When the newest event was received of which any shard told, UTC ms. */
  get newestEventAt(): number | null {
    return this.#newestEventAt;
  }

  /** What was folded since this was last called, and when it had been received. */
  takeReceipts(): readonly Receipt[] {
    const receipts = this.#receipts;
    this.#receipts = [];
    return receipts;
  }

  /** Ends when every source has answered, failed, or let its time pass. Never rejects. */
  async pull(
    names: { readonly shards: readonly string[]; readonly slices: readonly string[] },
    day: ShopDay,
    top: number,
  ): Promise<void> {
    await Promise.all([
      ...names.shards.map((name) => this.#pullShard(name, day)),
      ...names.slices.map((name) => this.#pullSlice(name, day, top)),
    ]);
  }

  async #pullShard(name: string, day: ShopDay): Promise<void> {
    const view = this.#shards.get(name) ?? unseenShard(name);
    this.#shards.set(name, view);
    await this.#ask(
      name,
      () => this.#tools.askShard(name, sightOf(view)),
      (summary) => {
        const now = this.#tools.now();
        const goesOn = view.summary?.life === summary.life;
        this.#shards.set(name, seeShard(view, summary, now, day.yesterdayStartsAt / MINUTE_MS));
        this.#note(summary.receipts, goesOn);
      },
    );
  }

  async #pullSlice(name: string, day: ShopDay, top: number): Promise<void> {
    const view = this.#slices.get(name) ?? unseenSlice(name);
    this.#slices.set(name, view);
    const seen = this.#dayOfSlice.get(name) === day.startsAt ? sightOf(view) : undefined;
    await this.#ask(
      name,
      () => this.#tools.askSlice(name, { seen, dayStartsAt: day.startsAt, top }),
      (summary) => {
        this.#slices.set(name, seeSlice(view, summary, this.#tools.now()));
        this.#dayOfSlice.set(name, day.startsAt);
      },
    );
  }

  /** One call at a time to a source, so a late answer is never older than what was taken in before it. */
  #ask<T>(name: string, call: () => Promise<T>, take: (summary: T) => void): Promise<void> {
    const underWay = this.#calls.get(name);
    if (underWay && this.#tools.now() - underWay.startedAt < GIVE_UP_MS) return underWay.answer;
    const number = ++this.#asked;
    const settled = this.#settle(name, number, call, take);
    const answer = this.#waitFor(name, number, settled);
    this.#calls.set(name, { number, startedAt: this.#tools.now(), answer });
    return answer;
  }

  async #settle<T>(name: string, number: number, call: () => Promise<T>, take: (summary: T) => void): Promise<void> {
    // Not before the call is on record, even if it fails at once.
    await Promise.resolve();
    try {
      const summary = await call();
      if (this.#end(name, number)) take(summary);
    } catch (error) {
      if (this.#end(name, number)) this.#miss(name, String(error));
    }
  }

  async #waitFor(name: string, number: number, settled: Promise<void>): Promise<void> {
    const inTime = await within(ANSWER_MS, settled);
    if (!inTime && this.#calls.get(name)?.number === number) this.#miss(name, `no answer within ${ANSWER_MS} ms`);
  }

  /** Whether the call that has ended is the one that is waited for, and was not given up. */
  #end(name: string, number: number): boolean {
    return this.#calls.get(name)?.number === number && this.#calls.delete(name);
  }

  #miss(name: string, reason: string): void {
    const now = this.#tools.now();
    const [shard, slice] = [this.#shards.get(name), this.#slices.get(name)];
    // Once per silence, not with every tick of it.
    if ((shard ?? slice)?.staleSince === null) log("warn", "board_source_silent", { name, reason });
    if (shard) this.#shards.set(name, missed(shard, now));
    if (slice) this.#slices.set(name, missed(slice, now));
  }

  /** What a shard tells that starts anew, or is asked for the first time, was folded before and waited for no frame. */
  #note(receipts: readonly Receipt[], goesOn: boolean): void {
    // One that folded nothing yet may still say so.
    const real = receipts.filter(({ events, receivedAt }) => events > 0 && receivedAt > 0);
    for (const { receivedAt } of real) this.#newestEventAt = Math.max(this.#newestEventAt ?? 0, receivedAt);
    if (goesOn && this.#receipts.length < RECEIPTS_MAX) this.#receipts.push(...real);
  }
}
