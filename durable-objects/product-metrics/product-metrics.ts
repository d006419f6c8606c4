import type { AlertMetric } from "../../src/domain/alerts/metrics.ts";
import { categoryValue } from "../../src/domain/alerts/product-look.ts";
import type { RuleLease } from "../../src/domain/alerts/rule.ts";
import { productPage } from "../../src/domain/board/list.ts";
import type { ProductFacts } from "../../src/domain/events/product.ts";
import { figuresOf } from "../../src/domain/events/product.ts";
import { ProductFold, type StockLevelFact } from "../../src/domain/events/product-fold.ts";
import { mostOf } from "../../src/domain/events/ranking.ts";
import type { ProductFigures, ProductMinute, SliceQuery, SliceSummary } from "../../src/domain/events/summary.ts";
import { LocalDays } from "../../src/domain/local-day.ts";
import { unreachable } from "../../src/domain/result.ts";
import { log } from "../../src/platform/log.ts";
import { GroupCommit } from "../group-commit.ts";
import { AnalyticsObject } from "../metered-object.ts";
import { exists, migrate } from "../migrate.ts";
import { Outbox, outboxHandlers, queuesOf } from "../outbox.ts";
import { PackedLog } from "../packed-log.ts";
import type { JobResult } from "../job.ts";
import { DueWork } from "../work.ts";
import { alertHandlers, SliceAlerts } from "./alerts.ts";
import type { DeltaPush, ProductDetail, SliceAudit, SliceCommand, SliceListQuery } from "./commands.ts";
import { PRODUCT_METRICS_STEPS } from "./schema.ts";
import { commandBytes, enrichCommands } from "./size.ts";
import { piecesOf, restore } from "./state.ts";

const CHECKPOINT = "checkpoint";
const HEAL = "heal";
const CHECKPOINT_EVERY_MS = 60_000;
/** Trends fade while nothing happens: after this long the figures count as changed. */
const FADE_MS = 10_000;
/** What has an alert in force is looked up so often though nothing happens to it: nothing happens to what is not sold any more, and its alert would stay. */
const RECHECK_MS = 60 * 60_000;
const SKUS_PER_MESSAGE = 500;
const LOW_SHOWN = 500;
const TOP_MAX = 500;

interface Commit {
  readonly now: number;
  readonly commands: readonly SliceCommand[];
}

/** A slice of the products: what all shards counted of each, minute by minute, its stock, and what the catalog calls it. */
export class ProductMetrics extends AnalyticsObject {
  readonly #life = crypto.randomUUID();
  readonly #days: LocalDays;
  readonly #fold: ProductFold;
  readonly #log: PackedLog<Commit>;
  readonly #commits: GroupCommit<SliceCommand, number>;
  readonly #work: DueWork;
  readonly #outbox: Outbox;
  readonly #alerts: SliceAlerts;
  #version = 1;
  #changedAt = 0;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    this.#days = new LocalDays(env.SHOP_TIME_ZONE);
    this.#fold = new ProductFold({ days: this.#days });
    this.#log = new PackedLog(ctx.storage);
    this.#commits = new GroupCommit({
      sizeOf: commandBytes,
      commit: (commands, bytes) => this.#commit(commands, bytes),
    });
    this.#work = new DueWork(ctx.storage, {
      ...outboxHandlers(queuesOf(env)),
      [CHECKPOINT]: async () => this.#checkpoint(Date.now()),
      [HEAL]: async () => this.#heal(Date.now()),
      ...alertHandlers(env, {
        takeRules: (lease) => this.takeRules(lease),
        look: async () => {
          await this.#commits.add({ type: "look" });
          return this.#alerts.nextLook(Date.now());
        },
      }),
    });
    this.#outbox = new Outbox(this.#work);
    this.#alerts = new SliceAlerts({ fold: this.#fold, days: this.#days, log: this.#log, work: this.#work });
    if (!exists(ctx.storage)) return;
    migrate(ctx.storage, PRODUCT_METRICS_STEPS);
    this.#log.recover(
      (pieces) => restore(this.#fold, this.#alerts.watch, pieces),
      (commit) => void this.#apply(commit),
    );
  }

  /** Takes in what a shard counted, and answers up to which of its commits it is in the figures. Each commit is taken once. */
  take(push: DeltaPush): Promise<number> {
    return this.#commits.add({ type: "take", push });
  }

  /** Stock levels as the SKUs' own objects told them; the newest of each counts. */
  async stockLevels(levels: readonly StockLevelFact[]): Promise<void> {
    await this.#commits.add({ type: "stock", levels });
  }

  /** What was found out about products, or defaults while that is not possible. Changes no figure, and nothing of what was never met. */
  async enrich(products: readonly ProductFacts[]): Promise<void> {
    const met = products.filter(({ sku }) => this.#fold.find(sku) !== undefined);
    await Promise.all(enrichCommands(met).map((command) => this.#commits.add(command)));
  }

  /** The rules that it decides from now on. Older ones than those that it has change nothing. */
  async takeRules(lease: RuleLease): Promise<void> {
    // A slice that was never used asks for them with its first commit.
    if (exists(this.ctx.storage) && lease.version > this.#alerts.watch.version) {
      await this.#commits.add({ type: "rules", lease });
    }
  }

  /** This slice's part of a category's sum; null when it knows nothing of it. */
  category(category: string, metric: AlertMetric): number | null {
    return categoryValue(this.#fold, category, metric, Date.now()) ?? null;
  }

  summary({ seen, dayStartsAt, top }: SliceQuery): SliceSummary {
    const now = Date.now();
    if (now - this.#changedAt > FADE_MS) this.#changed(now);
    const isNews = seen?.life !== this.#life || seen.version !== this.#version;
    return {
      life: this.#life,
      version: this.#version,
      name: this.#name(),
      products: isNews ? this.#top(Math.min(top, TOP_MAX), dayStartsAt, now) : null,
      low: this.#alerts.lowStock(LOW_SHOWN),
      facts: this.#fold.stockFacts.count > 0 ? [{ type: "stock.level", ...this.#fold.stockFacts }] : [],
      rowsWritten: this.#log.rowsWritten,
    };
  }

  detail(sku: string): ProductDetail | null {
    const now = Date.now();
    const number = this.#fold.find(sku);
    const product = number === undefined ? undefined : this.#figures(number, this.#days.of(now).startsAt, now);
    if (number === undefined || !product) return null;
    const minutes: ProductMinute[] = [];
    for (const minute of [...this.#fold.minutes.keys()].toSorted((a, b) => a - b)) {
      const row = this.#fold.minutes.get(minute)?.of(number);
      if (row) minutes.push({ minute, ...row, revenue: { ...row.revenue } });
    }
    return { product, minutes, asOf: now };
  }

  /** One page of its products. Only those on it get their sparkline. */
  list(query: SliceListQuery): ProductFigures[] {
    const now = Date.now();
    const { dayStartsAt } = query;
    const all = this.#fold.products.map((product) => figuresOf(product, { dayStartsAt, now, spark: [] }));
    return productPage(all, query.currency, query).map((figures) => {
      const number = this.#fold.find(figures.sku);
      return number === undefined ? figures : { ...figures, spark: this.#fold.spark(number, now) };
    });
  }

  audit(): SliceAudit {
    return { name: this.#name(), revenue: { ...this.#fold.revenue } };
  }

  override async alarm(): Promise<void> {
    if (exists(this.ctx.storage)) await this.#work.runDue(Date.now());
  }

  #name(): string {
    return this.#log.name || (this.ctx.id.name ?? "");
  }

  #changed(now: number): void {
    this.#version++;
    this.#changedAt = now;
  }

  #figures(number: number, dayStartsAt: number, now: number): ProductFigures | undefined {
    const product = this.#fold.products[number];
    return product && figuresOf(product, { dayStartsAt, now, spark: this.#fold.spark(number, now) });
  }

  #top(top: number, dayStartsAt: number, now: number): ProductFigures[] {
    const numbers = mostOf(this.#fold.products, { top, dayStartsAt, now });
    return numbers.flatMap((number) => this.#figures(number, dayStartsAt, now) ?? []);
  }

  /** As in EventShard: one transaction, and a fold that fails half-way ends the object. */
  #commit(commands: readonly SliceCommand[], bytes: number): readonly number[] {
    const now = Date.now();
    let replies: readonly number[] | undefined;
    let isFolding = false;
    let started: readonly string[] = [];
    this.#begin(now);
    try {
      this.#work.transaction(() => {
        const commit = { now, commands };
        this.#log.append(commit, bytes);
        isFolding = true;
        replies = this.#apply(commit);
        started = [
          ...this.#ask(this.#fold.takeWanted(this.#fold.touched, now), now),
          ...this.#alerts.tell(this.#log.seq, now),
        ];
        this.#work.dueBy({ id: CHECKPOINT, kind: CHECKPOINT, dueAt: now + CHECKPOINT_EVERY_MS }, now);
        this.#healLater(now);
        this.#work.arm();
      });
    } catch (error) {
      log("error", "slice_commit_failed", { slice: this.#name(), isFolding, error: String(error) });
      if (isFolding) this.ctx.abort(`a commit failed half-way: ${String(error)}`);
      throw error;
    }
    if (!replies) throw new Error("a commit without replies");
    if (started.length > 0) this.ctx.waitUntil(this.#work.run(started));
    if (this.#log.isFull) this.#checkpoint(now);
    return replies;
  }

  #begin(now: number): void {
    if (this.#log.origin !== "") return;
    migrate(this.ctx.storage, PRODUCT_METRICS_STEPS);
    this.#log.begin(this.ctx.id.name ?? "", now);
  }

  #apply({ now, commands }: Commit): number[] {
    this.#fold.begin(now);
    this.#changed(now);
    const replies = commands.map((command) => {
      switch (command.type) {
        case "take":
          return this.#fold.take(command.push.origin, command.push.segments);
        case "stock":
          for (const level of command.levels) this.#fold.takeStock(level);
          return 0;
        case "enrich":
          for (const product of command.products) this.#fold.enrich(product);
          return 0;
        case "rules":
        case "look":
          return 0;
        default:
          return unreachable(command);
      }
    });
    this.#alerts.decide(commands, now);
    return replies;
  }

  /** Asks whoever can look products up, in the caller's transaction. Returns the rows to run after it. */
  #ask(skus: readonly string[], now: number): string[] {
    const rows: string[] = [];
    for (let from = 0; from < skus.length; from += SKUS_PER_MESSAGE) {
      const id = `products.wanted:${this.#name()}:${this.#log.seq}:${now}:${from}`;
      const wanted = { v: 1, type: "products.wanted", id, slice: this.#name() } as const;
      rows.push(this.#outbox.put("events", { ...wanted, skus: skus.slice(from, from + SKUS_PER_MESSAGE) }, now));
      // The row, its removal, and the alarm for it.
      this.#log.countRows(3);
    }
    return rows;
  }

  /** Defaults are temporary: a product that has them is asked for again and again, less and less often. So is, by the hour, what has an alert in force. */
  #heal(now: number): JobResult {
    const numbers = [...this.#fold.unanswered, ...this.#alerts.inForce()];
    const started = this.#work.transaction(() => this.#ask(this.#fold.takeWanted(numbers, now), now));
    if (started.length > 0) this.ctx.waitUntil(this.#work.run(started));
    const next = this.#nextHeal(now);
    return next === null ? "done" : { again: next };
  }

  #healLater(now: number): void {
    const next = this.#nextHeal(now);
    if (next !== null) this.#work.dueBy({ id: HEAL, kind: HEAL, dueAt: next }, now);
  }

  #nextHeal(now: number): number | null {
    const next = this.#fold.nextAsk();
    return this.#alerts.watch.isFiring ? Math.min(next ?? Infinity, now + RECHECK_MS) : next;
  }

  #checkpoint(now: number): JobResult {
    if (this.#log.length === 0) return "done";
    try {
      this.#fold.forgetMinutes(now);
      this.#log.checkpoint(piecesOf(this.#fold, this.#alerts.watch), now);
      this.#log.countRows(3);
      return "done";
    } catch (error) {
      // What was marked as written is not.
      log("error", "slice_checkpoint_failed", { slice: this.#name(), error: String(error) });
      this.ctx.abort(`a checkpoint failed: ${String(error)}`);
      throw error;
    }
  }
}
