import { ageMs } from "../../src/domain/age.ts";
import type { AlertSubject, AlertTold } from "../../src/domain/alerts/alert.ts";
import { AlertWatch, type Look, type SavedWatch } from "../../src/domain/alerts/alert-watch.ts";
import type { Measured } from "../../src/domain/alerts/figures.ts";
import type { FlagNews } from "../../src/domain/alerts/flag-news.ts";
import type { HeldRule, RuleLease } from "../../src/domain/alerts/rule.ts";
import { DURATION_MS } from "../../src/domain/limits.ts";
import type { LocalDays } from "../../src/domain/local-day.ts";
import type { JobResult } from "../job.ts";
import { FlagReadings } from "./flag-readings.ts";
import type { Measurer } from "./measure.ts";

const WATCH_KEY = "watch";
/** Alerts that the book decides itself are told apart from those of the slices by this name. */
const SOURCE = "book";

/** One look at the shop: values by metric, and sums by rule for those that watch a category. */
export interface ShopSight {
  readonly measured: Measured;
  readonly categories: ReadonlyMap<string, number | undefined>;
}

/** Decides the rules about the shop as a whole, about categories, of which no slice knows all, and about guarded flags, which tell of themselves. */
export class ShopJudge {
  readonly #storage: DurableObjectStorage;
  readonly #measurer: Measurer;
  readonly #days: LocalDays;
  readonly #watch = new AlertWatch();
  readonly #flags: FlagReadings;

  constructor(storage: DurableObjectStorage, measurer: Measurer, days: LocalDays) {
    this.#storage = storage;
    this.#measurer = measurer;
    this.#days = days;
    this.#flags = new FlagReadings(storage);
  }

  get hasRules(): boolean {
    return this.#watch.rules.length > 0;
  }

  restore(): void {
    const saved = this.#storage.kv.get<SavedWatch>(WATCH_KEY);
    if (saved) this.#watch.restore(saved);
  }

  /** In the caller's transaction, as `decide`. Answers the alerts that end with their rules. */
  takeRules(lease: RuleLease, now: number): AlertTold[] {
    const told = this.#watch.setRules(lease, this.#look(now));
    this.#save();
    return told;
  }

  async measure(now: number): Promise<ShopSight> {
    const { rules } = this.#watch;
    const ofCategories = rules.flatMap(({ id, rule }) =>
      rule.scope.kind === "category" ? [{ id, category: rule.scope.category, metric: rule.metric }] : [],
    );
    const [measured, ...sums] = await Promise.all([
      this.#measurer.measure(rules, now),
      ...ofCategories.map(async ({ id, category, metric }) => {
        return [id, await this.#measurer.category(category, metric)] as const;
      }),
    ]);
    return { measured, categories: new Map(sums) };
  }

  decide({ measured, categories }: ShopSight, now: number): AlertTold[] {
    const look = this.#look(now);
    const told = this.#watch.rules.flatMap((held) => {
      if (held.rule.scope.kind === "each_flag") {
        return this.#flags.all().flatMap((reading) => this.#lookAtFlag(held, reading, look));
      }
      const { subject, value } = subjectOf(held, measured, categories);
      return this.#watch.look(held, subject, value, look) ?? [];
    });
    this.#save();
    return told;
  }

  /** What flags say of themselves, oldest first: each is looked at, so a rollback that was rearmed at once has been one. */
  takeFlags(news: readonly FlagNews[]): AlertTold[] {
    const told = news.flatMap((one) => {
      const reading = this.#flags.take(one);
      if (!reading) return [];
      const look = this.#look(reading.at);
      return this.#watch.rules.flatMap((held) =>
        held.rule.scope.kind === "each_flag" ? this.#lookAtFlag(held, reading, look) : [],
      );
    });
    this.#save();
    return told;
  }

  /** When to look again, if at all: no alarm stays behind in a shop where nothing happens. */
  next(now: number, trafficAt: number): JobResult {
    if (!this.hasRules) return "done";
    const isLively = ageMs(trafficAt, now) < DURATION_MS.alertTraffic || this.#watch.isWaiting;
    if (isLively) return { again: now + DURATION_MS.alertLook };
    return this.#watch.isFiring ? { again: now + DURATION_MS.alertLookIdle } : "done";
  }

  #lookAtFlag(held: HeldRule, { key, isRolledBack }: FlagNews, look: Look): AlertTold[] {
    const told = this.#watch.look(held, { kind: "flag", key, name: key }, isRolledBack ? 1 : 0, look);
    return told ? [told] : [];
  }

  #look(now: number): Look {
    return { source: SOURCE, now, minute: () => this.#days.minuteOfDay(now) };
  }

  #save(): void {
    if (!this.#watch.isChanged) return;
    this.#storage.kv.put(WATCH_KEY, this.#watch.save());
    this.#watch.isChanged = false;
  }
}

function subjectOf(
  { id, rule: { metric, scope } }: HeldRule,
  measured: Measured,
  sums: ShopSight["categories"],
): { readonly subject: AlertSubject; readonly value: number | undefined } {
  if (scope.kind !== "category") return { subject: { kind: "shop", key: "", name: "" }, value: measured[metric] };
  const { category } = scope;
  return { subject: { kind: "category", key: category, name: category }, value: sums.get(id) };
}
