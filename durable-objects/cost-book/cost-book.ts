import { type DecisionPage, EMPTY_PAGE } from "../../src/domain/chain.ts";
import type { Advice } from "../../src/domain/cost/advice.ts";
import { adviseOn } from "../../src/domain/cost/adviser.ts";
import {
  apply,
  type BookState,
  type CostDecision,
  leaseOf,
  type Moved,
  NEW_BOOK,
  revert,
  settingsOf,
  takeStock,
} from "../../src/domain/cost/book.ts";
import { cacheReport } from "../../src/domain/cost/caches.ts";
import { costsOf } from "../../src/domain/cost/costs.ts";
import { addCounts, CACHES, type Counts } from "../../src/domain/cost/counts.ts";
import { parseCpuMs } from "../../src/domain/cost/cpu.ts";
import type { SettingsLease } from "../../src/domain/cost/settings.ts";
import { parseRouting } from "../../src/domain/events/routing.ts";
import { ok } from "../../src/domain/result.ts";
import { log } from "../../src/platform/log.ts";
import { DecisionLog } from "../decision-log.ts";
import { OperationsObject } from "../metered-object.ts";
import { exists, migrate } from "../migrate.ts";
import type { AdviceCommand, AdviceReply, AdviceView, CostsView, SettingsView } from "./commands.ts";
import { COST_BOOK_STEPS } from "./schema.ts";
import { CostTable, type Hour } from "./table.ts";

const HOUR_MS = 60 * 60_000;
/**
 * A row goes with every report as long as they are few: between two of them the platform may let the object go, and what is only in memory with it. When there
 * are many, the next one is never far, and a row every five seconds will do.
 */
const REPORTS_FEW = 30;
const SAVE_EVERY_MS = 5_000;
const MINUTE_MS = 60_000;
/** Advice looks back so far. */
const ADVICE_HOURS = 24;
const STATE_KEY = "state";
const SINCE_KEY = "since";

const hourOf = (at: number): number => Math.floor(at / HOUR_MS);

/**
 * What the whole shop used, by the hour, and which settings are in force because of it. Isolates tell it their sums and hear of the settings in one call; it
 * has no alarm, so an idle shop pays nothing for knowing what it costs.
 */
export class CostBook extends OperationsObject {
  readonly #table: CostTable;
  readonly #log: DecisionLog<CostDecision>;
  #state: BookState | undefined;
  #hour: Hour | undefined;
  #savedAt = 0;
  #reports = { minute: 0, now: 0, before: 0 };

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    this.#table = new CostTable(ctx.storage.sql);
    this.#log = new DecisionLog(ctx.storage, { hasTime: true });
    if (exists(ctx.storage)) migrate(ctx.storage, COST_BOOK_STEPS);
  }

  /** Takes in what an isolate used since it last told. */
  report(counts: Counts): SettingsLease {
    const now = Date.now();
    this.#begin(now);
    const known = this.#current(now);
    // By what is stored when this instance is new: a shop that is so quiet that the platform lets the book go between two reports has hours, too.
    const before = this.#hour?.hour ?? this.#table.newest();
    const isNewHour = before !== undefined && before !== known.hour;
    if (isNewHour && this.#hour) this.#table.save(this.#hour);
    this.#hour = { hour: known.hour, counts: addCounts(known.counts, counts) };
    if (isNewHour || this.#areFew(now) || now - this.#savedAt >= SAVE_EVERY_MS) this.#save(now);
    if (isNewHour) this.#lookBack(now);
    return leaseOf(this.#known());
  }

  /** `hours`: how many, the one that is under way included. */
  costs(hours: number): CostsView {
    const now = Date.now();
    const { counts, coveredMs } = this.#window(hours, now);
    const settings = settingsOf(this.#known());
    return {
      from: now - coveredMs,
      to: now,
      coveredMs,
      counts,
      costs: costsOf(counts, coveredMs, parseCpuMs(this.env.CPU_MS)),
      caches: CACHES.map((cache) => cacheReport(counts, cache, settings)),
    };
  }

  advice(): AdviceView {
    const at = Date.now();
    return { at, ...this.#advise(at), ...this.#settings() };
  }

  /** Puts a safe piece of advice into force: every isolate at work has heard of it within a minute. */
  apply({ id, by }: AdviceCommand): AdviceReply {
    const now = Date.now();
    const reply = apply(this.#known(), this.#advise(now).advice, { id, by, now });
    return reply.ok ? this.#answer(reply.value, now) : reply;
  }

  /** Back to what was deployed, just as fast. */
  revert({ id, by }: AdviceCommand): AdviceReply {
    const now = Date.now();
    const reply = revert(this.#known(), { id, by, now });
    return reply.ok ? this.#answer(reply.value, now) : reply;
  }

  /** Newest first. */
  decisions(limit: number, before?: number): DecisionPage<CostDecision> {
    return exists(this.ctx.storage) ? this.#log.page(limit, before) : EMPTY_PAGE;
  }

  #known(): BookState {
    this.#state ??= this.ctx.storage.kv.get<BookState>(STATE_KEY) ?? NEW_BOOK;
    return this.#state;
  }

  #settings(): SettingsView {
    const state = this.#known();
    return { epoch: state.epoch, settings: settingsOf(state), applied: state.applied };
  }

  #begin(now: number): void {
    if (exists(this.ctx.storage)) return;
    migrate(this.ctx.storage, COST_BOOK_STEPS);
    this.ctx.storage.kv.put(SINCE_KEY, now);
  }

  #current(now: number): Hour {
    const hour = hourOf(now);
    if (this.#hour?.hour === hour) return this.#hour;
    return this.#table.hours(hour).find((each) => each.hour === hour) ?? { hour, counts: {} };
  }

  /** Counts this report. */
  #areFew(now: number): boolean {
    const minute = Math.floor(now / MINUTE_MS);
    const { minute: known, now: here, before } = this.#reports;
    if (minute === known) this.#reports = { minute, now: here + 1, before };
    else this.#reports = { minute, now: 1, before: minute === known + 1 ? here : 0 };
    return Math.max(this.#reports.now, this.#reports.before) <= REPORTS_FEW;
  }

  #save(now: number): void {
    if (this.#hour) this.#table.save(this.#hour);
    this.#savedAt = now;
  }

  /** Once an hour: what is recommended now goes into the log when it is news. */
  #lookBack(now: number): void {
    this.#table.prune(hourOf(now));
    const moved = takeStock(this.#known(), this.#advise(now).advice, now);
    if (!moved.repeated) this.#commit(moved);
  }

  #advise(now: number): { readonly advice: readonly Advice[]; readonly coveredMs: number } {
    const { counts, hours, coveredMs } = this.#window(ADVICE_HOURS, now);
    const advice = adviseOn({
      counts,
      hours,
      coveredMs,
      costs: costsOf(counts, coveredMs, parseCpuMs(this.env.CPU_MS)),
      settings: settingsOf(this.#known()),
      shards: shardsAt(this.env.EVENT_SHARDS, now),
    });
    return { advice, coveredMs };
  }

  #window(hours: number, now: number) {
    if (!exists(this.ctx.storage)) return { counts: {}, hours: [], coveredMs: 0 };
    const from = hourOf(now) - hours + 1;
    const stored = this.#table.hours(from).filter(({ hour }) => hour !== this.#hour?.hour);
    const own = this.#hour && this.#hour.hour >= from ? [this.#hour] : [];
    const all = [...stored, ...own].map(({ counts }) => counts);
    const since = this.ctx.storage.kv.get<number>(SINCE_KEY) ?? now;
    return { counts: all.reduce<Counts>(addCounts, {}), hours: all, coveredMs: now - Math.max(since, from * HOUR_MS) };
  }

  #answer(moved: Moved, now: number): AdviceReply {
    if (!moved.repeated) {
      this.#begin(now);
      this.#commit(moved);
    }
    return ok({ ...this.#settings(), repeated: moved.repeated });
  }

  /** What is in force and the log's line about it are one transaction. */
  #commit({ state, decisions }: Moved): void {
    this.ctx.storage.transactionSync(() => {
      this.ctx.storage.kv.put(STATE_KEY, state);
      for (const decision of decisions) this.#log.append(decision);
    });
    this.#state = state;
    for (const { kind, advice, by, text } of decisions)
      log("info", "cost_decision", { decision: kind, advice, by, text });
  }
}

/** How many shards the events of this moment go to. */
function shardsAt(text: string, now: number): number {
  const epochs = parseRouting(text).filter(({ startsAt }) => startsAt <= now);
  return epochs.at(-1)?.shards ?? 1;
}
