import type { AlertTold } from "../../src/domain/alerts/alert.ts";
import type { FlagNews } from "../../src/domain/alerts/flag-news.ts";
import { type AlertRecord, type AlertsInForce, mutedUntil } from "../../src/domain/alerts/record.ts";
import type { RuleLease } from "../../src/domain/alerts/rule.ts";
import { allSlices, parseSlices } from "../../src/domain/events/routing.ts";
import { DURATION_MS, LIMITS } from "../../src/domain/limits.ts";
import { LocalDays } from "../../src/domain/local-day.ts";
import { ok, refuse } from "../../src/domain/result.ts";
import { log } from "../../src/platform/log.ts";
import { OperationsObject } from "../metered-object.ts";
import { exists, migrate } from "../migrate.ts";
import { Outbox, outboxHandlers, queuesOf } from "../outbox.ts";
import type { Job, JobResult } from "../job.ts";
import { DueWork } from "../work.ts";
import { type AlertPage, AlertTable } from "./alert-table.ts";
import type {
  AlertReply,
  PutRuleReply,
  RemoveRuleReply,
  ResetRuleReply,
  RuleChange,
  RuleReply,
  RuleView,
  TestReply,
} from "./commands.ts";
import { AlertLedger } from "./ledger.ts";
import { ShopJudge } from "./judge.ts";
import { Measurer } from "./measure.ts";
import { nudgeBoard } from "./nudge.ts";
import { RuleBook } from "./rule-book.ts";
import type { StoredRule } from "./rule-table.ts";
import { ALERT_BOOK_STEPS } from "./schema.ts";
import { testAlert } from "./test-alert.ts";
import { TrafficNote } from "./traffic.ts";

const LOOK = "look";
const LEASE = "lease";
const UNMUTE = "unmute";

/**
 * The alerts of a shop: the rules, what is in force, what was, and who has to be told. Rules about products are decided where products are
 * folded, in that transaction, and told here; rules about the shop as a whole are decided here, while there is something to look at. An alert,
 * its place in the history and its message to other systems are one commit. See docs/decisions/0022.
 */
export class AlertBook extends OperationsObject {
  readonly #rules: RuleBook;
  readonly #alerts: AlertTable;
  readonly #ledger: AlertLedger;
  readonly #judge: ShopJudge;
  readonly #work: DueWork;
  readonly #outbox: Outbox;
  readonly #traffic: TrafficNote;
  #isBegun = false;
  /** Rows of the change that is being made, to be run after its commit, and whether the board shows something else now. */
  readonly #started: string[] = [];
  #isNews = false;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    this.#rules = new RuleBook(ctx.storage, env);
    this.#alerts = new AlertTable(ctx.storage.sql);
    this.#traffic = new TrafficNote(ctx.storage);
    this.#judge = new ShopJudge(ctx.storage, new Measurer(env), new LocalDays(env.SHOP_TIME_ZONE));
    this.#work = new DueWork(ctx.storage, {
      ...outboxHandlers(queuesOf(env)),
      [LOOK]: () => this.#lookAtShop(),
      [LEASE]: (jobs) => this.#renewLeases(jobs),
      [UNMUTE]: async () => this.#endMutes(),
    });
    this.#outbox = new Outbox(this.#work);
    this.#ledger = new AlertLedger(this.#alerts, this.#outbox);
    if (exists(ctx.storage)) this.#begin();
  }

  /** The rules that a slice of the products evaluates. It asks once and is told of every change. */
  lease(): RuleLease {
    this.#begin();
    return this.#rules.lease();
  }

  /** Takes in what a slice decided. Repeats, and a beginning that comes after its end, change nothing. */
  take(told: readonly AlertTold[]): void {
    this.#change((now) => this.#record(told, now));
  }

  /** Takes in what guarded flags say of themselves. Repeats change nothing; rules that wait (`for_s`) go on looking by the clock. */
  takeFlags(news: readonly FlagNews[]): void {
    this.#change((now) => {
      this.#record(this.#judge.takeFlags(news), now);
      this.#lookBy(now + DURATION_MS.alertLook, now);
    });
  }

  /** There is traffic, or something else that is worth a look within `withinMs`. */
  wake(withinMs: number = DURATION_MS.alertLook): void {
    this.#change((now) => {
      this.#traffic.note(now);
      this.#lookBy(now + withinMs, now);
    });
  }

  /** For the board, in no order: at most `LIMITS.boardAlerts` that are about products, and all others. */
  onBoard(): AlertsInForce {
    return exists(this.ctx.storage) ? this.#alerts.inForce(LIMITS.boardAlerts, Date.now()) : { shown: [], total: 0 };
  }

  list(page: AlertPage): AlertRecord[] {
    return exists(this.ctx.storage) ? this.#alerts.list(page, Date.now()) : [];
  }

  find(id: string): AlertRecord | null {
    return (exists(this.ctx.storage) ? this.#alerts.find(id, Date.now()) : undefined) ?? null;
  }

  /** Somebody has seen it. The first one stays. */
  acknowledge({ id, by, note }: { id: string; by: string; note: string }): AlertReply {
    return this.#changeAlert(id, (alert, now) => {
      if (!alert.acknowledged) this.#alerts.acknowledge(id, by, note, now);
    });
  }

  /** Other systems are not told of its subject under this rule until then; null ends that. What is still in force when it ends they are told. */
  mute({ id, until, by }: { id: string; until: number | null; by: string }): AlertReply {
    return this.#changeAlert(id, ({ rule, subject }, now) => this.#mute(rule.id, subject.key, { until, by }, now));
  }

  /** The same for all of a rule. */
  muteRule({ id, until, by }: { id: string; until: number | null; by: string }): RuleReply {
    return this.#change((now) => {
      const rule = this.#rules.find(id);
      if (!rule) return refuse({ reason: "unknown_rule" });
      this.#mute(id, "", { until, by }, now);
      return ok(this.#view(rule));
    });
  }

  rules(): RuleView[] {
    this.#begin();
    return this.#rules.all().map((rule) => this.#view(rule));
  }

  rule(id: string): RuleView | null {
    return this.rules().find((rule) => rule.id === id) ?? null;
  }

  putRule(change: RuleChange): PutRuleReply {
    return this.#change((now) => {
      const reply = this.#rules.put(change, now);
      if (!reply.ok) return reply;
      this.#rulesChanged(now);
      return ok({ ...reply.value, rule: this.#view(reply.value.rule) });
    });
  }

  removeRule(id: string): RemoveRuleReply {
    return this.#change((now) => {
      const reply = this.#rules.remove(id);
      if (reply.ok) this.#rulesChanged(now);
      return reply;
    });
  }

  resetRule({ id, by }: { id: string; by: string }): ResetRuleReply {
    return this.#change((now) => {
      if (!this.#rules.find(id)) return refuse({ reason: "unknown_rule" });
      const rule = this.#rules.defaultOf(id);
      const reply = rule && this.#rules.put({ id, rule, by }, now);
      if (!reply?.ok) return refuse({ reason: "no_default" });
      this.#rulesChanged(now);
      return ok(this.#view(reply.value.rule));
    });
  }

  /** Sends an alert that says it is a test, the way a real one goes. It is in no list. */
  testRule(id: string): TestReply {
    return this.#change((now) => {
      const held = this.#rules.find(id);
      if (!held) return refuse({ reason: "unknown_rule" });
      const message = testAlert(held, crypto.randomUUID(), now);
      this.#started.push(this.#outbox.put("notifications", message, now));
      return ok({ id: message.alert.id });
    });
  }

  override async alarm(): Promise<void> {
    if (exists(this.ctx.storage)) await this.#work.runDue(Date.now());
  }

  /** The first call of a shop writes its rules, and the first one of a life reads what was decided before. */
  #begin(): void {
    if (this.#isBegun) return;
    const { storage } = this.ctx;
    const now = Date.now();
    migrate(storage, ALERT_BOOK_STEPS);
    this.#judge.restore();
    this.#work.transaction(() => {
      if (this.#rules.seed(now)) this.#rulesChanged(now);
      this.#work.arm();
    });
    this.#traffic.restore();
    this.#isBegun = true;
  }

  /** One transaction, and what has to follow it. What was decided in memory and not committed must not be gone on from. */
  #change<T>(change: (now: number) => T): T {
    this.#begin();
    try {
      const result = this.#work.transaction(() => {
        const made = change(Date.now());
        this.#work.arm();
        return made;
      });
      const rows = this.#started.splice(0);
      if (rows.length > 0) this.ctx.waitUntil(this.#work.run(rows));
      if (this.#isNews) this.ctx.waitUntil(nudgeBoard(this.env));
      this.#isNews = false;
      return result;
    } catch (error) {
      log("error", "alert_change_failed", { error: String(error) });
      this.ctx.abort(`a change failed half-way: ${String(error)}`);
      throw error;
    }
  }

  #changeAlert(id: string, change: (alert: AlertRecord, now: number) => void): AlertReply {
    return this.#change((now) => {
      const alert = this.#alerts.find(id, now);
      if (!alert) return refuse({ reason: "unknown_alert" });
      change(alert, now);
      this.#isNews = true;
      return ok(this.#alerts.find(id, now) ?? alert);
    });
  }

  #record(told: readonly AlertTold[], now: number): void {
    const rows = this.#ledger.record(told, now);
    if (rows) this.#isNews = true;
    this.#started.push(...(rows ?? []));
  }

  #mute(rule: string, subject: string, mute: { until: number | null; by: string }, now: number): void {
    if (mute.until === null) this.#alerts.unmute(rule, subject);
    else this.#alerts.mute({ rule, subject, until: mute.until }, mute.by, now);
    this.#work.put({ id: UNMUTE, kind: UNMUTE, dueAt: mute.until === null ? now : this.#nextUnmute(now) }, now);
    this.#isNews = true;
  }

  #nextUnmute(now: number): number {
    return Math.min(...this.#alerts.mutes(now).map(({ until }) => until));
  }

  #endMutes(): JobResult {
    return this.#change((now) => {
      this.#started.push(...this.#ledger.endMutes(now));
      this.#isNews = true;
      const next = this.#nextUnmute(now);
      return next === Infinity ? "done" : { again: next };
    });
  }

  #rulesChanged(now: number): void {
    this.#record(this.#judge.takeRules(this.#rules.ownLease(), now), now);
    for (const slice of allSlices(parseSlices(this.env.PRODUCT_SLICES))) {
      // With its version: a change that comes while the one before is on its way must not wait for the alarm.
      const id = `${LEASE}:${slice}:${this.#rules.version}`;
      this.#work.put({ id, kind: LEASE, payload: { slice } }, now);
      this.#started.push(id);
    }
    this.#lookBy(now, now);
    this.#isNews = true;
  }

  async #renewLeases(jobs: readonly Job[]): Promise<JobResult> {
    const lease = this.#rules.lease();
    // SAFETY: rows of this kind are only written by `#rulesChanged`.
    const slices = jobs.map(({ payload }) => (JSON.parse(payload) as { slice: string }).slice);
    await Promise.all(slices.map((slice) => this.env.PRODUCT_METRICS.getByName(slice).takeRules(lease)));
    return "done";
  }

  #lookBy(at: number, now: number): void {
    if (this.#judge.hasRules) this.#work.dueBy({ id: LOOK, kind: LOOK, dueAt: at }, now);
  }

  async #lookAtShop(): Promise<JobResult> {
    const sight = await this.#judge.measure(Date.now());
    return this.#change((now) => {
      this.#record(this.#judge.decide(sight, now), now);
      return this.#judge.next(now, this.#traffic.at);
    });
  }

  #view(rule: StoredRule): RuleView {
    const now = Date.now();
    const muted = mutedUntil(this.#alerts.mutes(now), rule.id, "", now);
    return this.#rules.view(rule, this.#alerts.counts().get(rule.id) ?? 0, muted);
  }
}
