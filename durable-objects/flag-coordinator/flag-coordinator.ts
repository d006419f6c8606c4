import { ageMs } from "../../src/domain/age.ts";
import { type DecisionPage, EMPTY_PAGE } from "../../src/domain/chain.ts";
import { characteristicAt } from "../../src/domain/guard/characteristic.ts";
import { TRIP_AT } from "../../src/domain/guard/cusum.ts";
import type { Decision } from "../../src/domain/guard/decision.ts";
import { operationsNeeded } from "../../src/domain/guard/evidence.ts";
import { type AutomaticEvent, type Flag, liveShareOf, move, newFlag, standsAt } from "../../src/domain/guard/flag.ts";
import { LADDER } from "../../src/domain/guard/ladder.ts";
import { type FenceState, type Lease, leaseOf } from "../../src/domain/guard/lease.ts";
import {
  EFFECT_AFTER_MS,
  effectVerdict,
  evidenceOf,
  isRelapse,
  judge,
  type LadderPolicy,
  observe,
  obstacles,
  type Report,
} from "../../src/domain/guard/report.ts";
import type { FlagView, Series } from "../../src/domain/guard/view.ts";
import { LIMITS } from "../../src/domain/limits.ts";
import { ok, refuse } from "../../src/domain/result.ts";
import { log } from "../../src/platform/log.ts";
import { DecisionLog } from "../decision-log.ts";
import { CommerceObject } from "../metered-object.ts";
import { exists, migrate } from "../migrate.ts";
import type { JobResult } from "../job.ts";
import { DueWork } from "../work.ts";
import type { FlagCommand, FlagReply, RehearsalCommand } from "./commands.ts";
import { FLAG_COORDINATOR_STEPS } from "./schema.ts";
import { FlagTable, SERIES_BUCKET_MS } from "./table.ts";
import { tellHandlers, tellOf } from "./tell.ts";
import { decisionOf, KIND_OF_COMMAND, type Told, toldOf } from "./told.ts";

const CLIMB = "climb";
const EFFECT = "effect";
/** Successes are kept in memory for at most so long: a crash loses them, which makes the guard warier and the evidence thinner. */
const SAVE_EVERY_MS = 1_000;
const HOUR_MS = 3_600_000;

/**
 * Decides about one guarded flag: grants leases, takes in what isolates report, and takes the path back in the very call whose report crosses the
 * limit. No alarm is waited for, because alarms may be a minute late.
 */
export class FlagCoordinator extends CommerceObject {
  readonly #table: FlagTable;
  readonly #log: DecisionLog<Decision>;
  readonly #work: DueWork;
  /** The row, with the successes that are not written yet. */
  #flag: Flag | undefined;
  #unsaved = { ok: 0, err: 0, safe: 0, s: 0 };
  #savedAt = 0;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    this.#table = new FlagTable(ctx.storage);
    this.#log = new DecisionLog(ctx.storage);
    this.#work = new DueWork(ctx.storage, {
      [CLIMB]: () => this.#onClimb(Date.now()),
      [EFFECT]: () => this.#onEffect(Date.now()),
      ...tellHandlers(env),
    });
    if (exists(ctx.storage)) migrate(ctx.storage, FLAG_COORDINATOR_STEPS);
  }

  /** What an isolate may do for the next seconds; `null` when nobody has ever started this flag. */
  lease(): Lease | null {
    const flag = this.#current();
    return flag ? leaseOf(flag) : null;
  }

  fence(): FenceState {
    const flag = this.#current();
    return { epoch: flag?.epoch ?? 0, open: flag !== undefined && liveShareOf(flag) > 0 };
  }

  /** Takes in what one isolate has seen, decides, and answers what is true from now on. */
  report(report: Report): Lease | null {
    const before = this.#current();
    if (!before) return null;
    const now = Date.now();
    const errors = this.#table.unseen(report.epoch, report.errors.slice(0, LIMITS.reportErrors));
    const { flag, rule } = observe(before, { ...report, errors });
    if (report.epoch === before.epoch) this.#sum(report, errors.length, flag);
    const event: AutomaticEvent | undefined = rule ? { type: "trip", rule } : judge(flag, now, this.#policy());
    const moved = event && move(flag, event, now);
    if (moved && event) this.#commit(flag, moved, toldOf(event), now, errors, report.epoch);
    else this.#keep(flag, now, errors, report.epoch);
    // Long after it was found to have worked, somebody is still on the way that was closed.
    if (isRelapse(flag)) this.#observeEffect(flag, now);
    return leaseOf(moved ?? flag);
  }

  /** What a person decides, by what they saw. Killing waits for no second look; of what is killed it is what was asked for, and is not written down twice. */
  command({ key, type, by, reason, firstRung, seen = {} }: FlagCommand): FlagReply {
    const now = Date.now();
    migrate(this.ctx.storage, FLAG_COORDINATOR_STEPS);
    const flag = this.#current() ?? newFlag(key, firstRung, now);
    if (type === "kill" && flag.state === "killed") return ok(this.#viewOf(flag, now));
    const { state, epoch, rung } = flag;
    if (type !== "kill" && !standsAt(flag, seen)) return refuse({ reason: "moved", state, epoch, rung });
    const moved = move(flag, { type }, now);
    if (!moved) return refuse({ reason: "not_legal", state, command: type });
    const kind = type === "start" && state === "paused" ? "resumed" : KIND_OF_COMMAND[type];
    this.#commit(flag, moved, { kind, by, reason }, now);
    return ok(this.#viewOf(moved, now));
  }

  /** Makes the new path fail on purpose, to see that the guard does what it is for. */
  rehearse({ fault, by, reason }: RehearsalCommand): FlagReply {
    const now = Date.now();
    const flag = this.#current();
    if (!flag || (fault !== null && liveShareOf(flag) === 0)) {
      return refuse({ reason: "not_legal", state: flag?.state ?? "off", command: "rehearse" });
    }
    const changed = { ...flag, fault, version: flag.version + 1 };
    this.#commit(flag, changed, { kind: "rehearsal", by, reason: `${fault ?? "ended"}: ${reason}` }, now);
    return ok(this.#viewOf(changed, now));
  }

  view(): FlagView | null {
    const flag = this.#current();
    return flag ? this.#viewOf(flag, Date.now()) : null;
  }

  #viewOf(flag: Flag, now: number): FlagView {
    const { operations, errors } = evidenceOf(flag);
    return {
      flag,
      share: liveShareOf(flag),
      evidence: { operations, errors, needed: operationsNeeded(errors) ?? null },
      obstacles: obstacles(flag, now, this.#policy()),
      rungs: LADDER.flatMap((share, rung) =>
        rung < flag.firstRung
          ? []
          : [
              {
                rung,
                share,
                passed: flag.epoch > 0 && rung < flag.rung,
                current: flag.epoch > 0 && rung === flag.rung,
              },
            ],
      ),
      samples: this.#table.samples(LIMITS.decisionSamples),
      characteristic: characteristicAt(this.#operationsPerSecond(now)),
    };
  }

  /** The last hour, or as long as is asked for within a day. */
  series(sinceMs: number = HOUR_MS): Series {
    const points = exists(this.ctx.storage) ? this.#table.series(Date.now() - sinceMs) : [];
    return { bucketMs: SERIES_BUCKET_MS, limit: TRIP_AT, points };
  }

  decisions(limit: number, before?: number): DecisionPage<Decision> {
    return exists(this.ctx.storage) ? this.#log.page(limit, before) : EMPTY_PAGE;
  }

  override async alarm(): Promise<void> {
    if (exists(this.ctx.storage)) await this.#work.runDue(Date.now());
  }

  #current(): Flag | undefined {
    this.#flag ??= this.#table.load();
    return this.#flag;
  }

  #policy(): LadderPolicy {
    return { dwellMs: Number(this.env.FLAG_DWELL_MS), stallMs: Number(this.env.FLAG_STALL_MS) };
  }

  #sum({ ok, parity, safe }: Report, err: number, { guard }: Flag): void {
    const sums = this.#unsaved;
    const s = Math.max(sums.s, guard.s);
    this.#unsaved = { ok: sums.ok + ok + parity, err: sums.err + err, safe: sums.safe + safe, s };
  }

  /** A report that moves nothing. Failures are written at once, successes once a second. */
  #keep(flag: Flag, now: number, errors: Report["errors"], epoch: number): void {
    this.#flag = flag;
    if (errors.length === 0 && ageMs(this.#savedAt, now) < SAVE_EVERY_MS) return;
    this.#work.transaction(() => this.#save(flag, now, errors, epoch));
  }

  #save(flag: Flag, now: number, errors: Report["errors"] = [], epoch: number = flag.epoch): void {
    const at = now - (now % SERIES_BUCKET_MS);
    this.#table.save(flag);
    this.#table.addToSeries({ at, ...this.#unsaved, share: liveShareOf(flag) });
    if (errors.length > 0) this.#table.remember(epoch, errors);
    this.#unsaved = { ok: 0, err: 0, safe: 0, s: flag.guard.s };
    this.#savedAt = now;
  }

  /** The decision, its entry in the log, what the alerts have to hear of it and what follows from it: one transaction. */
  #commit(from: Flag, to: Flag, told: Told, now: number, errors: Report["errors"] = [], epoch?: number): void {
    const news = this.#work.transaction(() => {
      this.#save(to, now, errors, epoch);
      this.#log.append(decisionOf(from, to, told, now, this.#table.samples(LIMITS.decisionSamples)));
      const rows = tellOf(this.#work, from, to, now);
      this.#plan(to, now);
      return rows;
    });
    this.#flag = to;
    if (news.length > 0) this.ctx.waitUntil(this.#work.run(news));
    const level = told.kind === "rolled_back" || told.kind === "killed" ? "error" : "info";
    const { key, state, epoch: now_epoch } = to;
    log(level, "flag_decision", {
      flag: key,
      decision: told.kind,
      by: told.by,
      reason: told.reason,
      from: from.state,
      to: state,
      epoch: now_epoch,
      share: liveShareOf(to),
      s: from.guard.s,
    });
  }

  /** When to look again by ourselves, should no report come. */
  #plan(flag: Flag, now: number): void {
    const climbs = flag.state === "ramping" || flag.state === "shadow";
    const dueAt = flag.enteredAt + Number(this.env.FLAG_DWELL_MS);
    if (climbs) this.#work.put({ id: CLIMB, kind: CLIMB, dueAt: Math.max(now, dueAt) }, now);
    else this.#work.remove(CLIMB);
    if (flag.effect && flag.effect.verdict === null) {
      this.#work.put({ id: EFFECT, kind: EFFECT, dueAt: flag.effect.since + EFFECT_AFTER_MS }, now);
    }
    this.#work.arm();
  }

  /** After the time that a rung takes at least, and after the time from which a person is asked. */
  async #onClimb(now: number): Promise<JobResult> {
    const flag = this.#current();
    if (!flag) return "done";
    const policy = this.#policy();
    const event = judge(flag, now, policy);
    const moved = event && move(flag, event, now);
    if (moved && event) {
      this.#commit(flag, moved, toldOf(event), now);
      return "done";
    }
    const stallAt = flag.enteredAt + policy.stallMs;
    return flag.state === "waiting" || now >= stallAt ? "done" : { again: stallAt };
  }

  /** Writes down what was seen after the path was taken back. One that is still in use is an error that somebody has to see. */
  async #onEffect(now: number): Promise<JobResult> {
    const flag = this.#current();
    if (flag?.effect && flag.effect.verdict === null) this.#observeEffect(flag, now);
    return "done";
  }

  #observeEffect(flag: Flag, now: number): void {
    if (!flag.effect) return;
    const verdict = effectVerdict(flag.effect);
    const seen: Flag = { ...flag, effect: { ...flag.effect, verdict } };
    const { strays, safe, since, lastStrayAt } = flag.effect;
    const last = lastStrayAt === null ? "none on the new path" : `the last after ${lastStrayAt - since} ms`;
    const reason = `${verdict}: ${safe} operations on the safe path, ${strays} strays, ${last}`;
    this.#commit(flag, seen, { kind: "effect_observed", by: "clock", reason }, now);
    if (verdict === "ineffective") log("error", "rollback_ineffective", { flag: flag.key, strays, lastStrayAt });
  }

  /** Of the new path, over the last hour or since there is something to count. */
  #operationsPerSecond(now: number): number {
    const points = this.#table.series(now - HOUR_MS);
    const first = points[0];
    if (!first) return 0;
    const operations = points.reduce((sum, { ok, err }) => sum + ok + err, 0);
    return operations / Math.max(SERIES_BUCKET_MS / 1_000, (now - first.at) / 1_000);
  }
}
