import { ageMs } from "../../src/domain/age.ts";
import { DAY_MS, type FoldConfig, ShardFold, type CartFact } from "../../src/domain/events/fold.ts";
import { IdMemory } from "../../src/domain/events/id-memory.ts";
import { sumOf } from "../../src/domain/events/ledger.ts";
import { minuteOf } from "../../src/domain/events/minutes.ts";
import { foldMoney, type MoneyEffect, type MoneyFact, moneyKey } from "../../src/domain/events/order-money.ts";
import type { ShardPart } from "../../src/domain/events/part.ts";
import { parseSlices } from "../../src/domain/events/routing.ts";
import type { ShardSummary, Sight } from "../../src/domain/events/summary.ts";
import { log } from "../../src/platform/log.ts";
import { GroupCommit } from "../group-commit.ts";
import { AnalyticsObject, countAlarm } from "../metered-object.ts";
import { exists, migrate } from "../migrate.ts";
import { PackedLog } from "../packed-log.ts";
import type { ApplyReply, ApplyRequest, ShardAudit } from "./commands.ts";
import { Pusher } from "./pusher.ts";
import { EVENT_SHARD_STEPS } from "./schema.ts";
import { requestBytes, requestsOf, worthOf } from "./size.ts";
import { piecesOf, stateOf } from "./state.ts";
import { ShardTables } from "./tables.ts";
import { TrafficSign } from "./traffic-sign.ts";

const MINUTE_MS = 60_000;
const CHECKPOINT_EVERY_MS = MINUTE_MS;
const EXPIRE_EVERY_MS = 10 * MINUTE_MS;
/** A row for so many events is a twentieth of a row each. */
const ENOUGH_EVENTS = 20;
/** After a crash nobody may call: the alarm goes on with what has not been told yet. */
const ALARM_MS = 10_000;

/** What one commit was: enough to fold it again and get the same state. */
interface Commit {
  readonly now: number;
  readonly config: FoldConfig;
  readonly parts: readonly (ShardPart | undefined)[];
  readonly carts: readonly CartFact[];
  readonly funnel: readonly MoneyFact[];
  /** Decided against the orders' rows, which are ahead of the log when it is folded again. */
  readonly effects: readonly MoneyEffect[];
}

/**
 * A slice of the visitors: counts each of their events once and folds it. What marks an event as seen and what it counts are one record of one
 * commit, so neither is ever there without the other, and a call is answered only after that commit.
 */
export class EventShard extends AnalyticsObject {
  /** Names this start: what a board has seen of an earlier one tells it nothing. */
  readonly #life = crypto.randomUUID();
  readonly #tables: ShardTables;
  readonly #log: PackedLog<Commit>;
  readonly #fold: ShardFold;
  readonly #commits: GroupCommit<ApplyRequest, ApplyReply>;
  readonly #pusher: Pusher;
  readonly #traffic: TrafficSign;
  #isArmed = false;
  #expiredAt = 0;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    this.#tables = new ShardTables(ctx.storage.sql);
    this.#log = new PackedLog(ctx.storage);
    const [salt = 1] = crypto.getRandomValues(new Uint32Array(1));
    const stored = {
      count: (bucket: number) => this.#tables.countIds(bucket),
      read: (bucket: number, skip: number) => this.#tables.ids(bucket, skip),
    };
    const ids = new IdMemory({ stored, salt });
    this.#fold = new ShardFold({ ids, salt, timeZone: env.SHOP_TIME_ZONE });
    this.#commits = new GroupCommit({
      sizeOf: requestBytes,
      commit: (requests, bytes) => this.#commit(requests, bytes),
      worthOf,
      enough: ENOUGH_EVENTS,
    });
    this.#pusher = new Pusher({
      slices: env.PRODUCT_METRICS,
      outgoing: this.#fold.outgoing,
      shard: () => ({ name: this.#log.name, origin: this.#log.origin }),
    });
    this.#traffic = new TrafficSign(ctx, env);
    if (!exists(ctx.storage)) return;
    migrate(ctx.storage, EVENT_SHARD_STEPS);
    this.#log.recover(
      (pieces, { seq, at }) => this.#fold.restore(stateOf(pieces), seq, at),
      (commit, seq) => {
        this.#applyCommit(commit, seq);
        // Bounds as fine as they can be: what was told of these commits before the crash ends at one of them.
        this.#fold.outgoing.close();
      },
    );
    this.#pusher.soon();
  }

  /** Takes in rows and facts. What came before changes nothing; a commit is shared by the calls of a moment. */
  async apply(request: ApplyRequest): Promise<ApplyReply> {
    const replies = await Promise.all(requestsOf(request).map((one) => this.#commits.add(one)));
    return sumOf(replies);
  }

  /** Cumulative figures; with a `Sight` of this start only the minutes that changed after it. */
  summary(seen?: Sight): ShardSummary {
    const now = Date.now();
    const fold = this.#fold;
    const since = seen?.life === this.#life ? seen.version : -1;
    const today = fold.days.of(now);
    const from = minuteOf(fold.days.before(today).startsAt);
    const uniques = fold.uniques.changed(today.date, since);
    const { outcome, rejectedBy, facts } = fold.ledger.save();
    const { received, applied, duplicate, late } = outcome;
    return {
      life: this.#life,
      version: fold.version,
      name: this.#log.name || (this.ctx.id.name ?? ""),
      ledger: { received, applied, duplicate, late, pending: 0, rejectedBy, facts },
      counts: fold.minutes.changed(from, since),
      money: fold.money.changed(from, since),
      visitorsNow: fold.sessions.activeSince(now - 5 * MINUTE_MS),
      sessions: fold.sessions.activeSince(now - 30 * MINUTE_MS),
      ...(uniques && { uniques }),
      receipts: fold.receipts.since(since),
      rowsWritten: this.#log.rowsWritten,
      unpushedSince: fold.outgoing.since,
    };
  }

  audit(): ShardAudit {
    const { outcome, own, reported } = this.#fold.ledger.save();
    const rows = exists(this.ctx.storage)
      ? { own: this.#tables.moneyTotals("own"), reported: this.#tables.moneyTotals("reported") }
      : { own: {}, reported: {} };
    return {
      name: this.#log.name || (this.ctx.id.name ?? ""),
      ledger: { ...outcome, pending: 0 },
      money: { own, reported },
      rows,
      unpushed: this.#fold.outgoing.all().reduce((sum, { size }) => sum + size, 0),
    };
  }

  override alarm(): Promise<void> {
    return countAlarm(this.ctx.storage, async () => {
      this.#isArmed = false;
      if (!exists(this.ctx.storage)) return;
      await this.#pusher.now();
      this.#checkpointWhenDue(Date.now());
      this.#arm();
    });
  }

  /** One transaction, and no `await` in it. Before the fold begins a failure changes nothing; after that the memory cannot be trusted any more. */
  #commit(requests: readonly ApplyRequest[], bytes: number): readonly ApplyReply[] {
    const now = Date.now();
    let replies: readonly ApplyReply[] | undefined;
    let isFolding = false;
    this.#begin(now);
    try {
      this.ctx.storage.transactionSync(() => {
        const commit = this.#prepare(requests, now);
        const seq = this.#log.append(commit, bytes);
        isFolding = true;
        replies = this.#applyCommit(commit, seq);
      });
    } catch (error) {
      log("error", "shard_commit_failed", { shard: this.#log.name, isFolding, error: String(error) });
      if (isFolding) this.ctx.abort(`a commit failed half-way: ${String(error)}`);
      throw error;
    }
    if (!replies) throw new Error("a commit without replies");
    this.#checkpointWhenDue(now);
    this.#pusher.soon();
    this.#traffic.note(now);
    this.#arm();
    return replies;
  }

  #begin(now: number): void {
    if (this.#log.origin !== "") return;
    migrate(this.ctx.storage, EVENT_SHARD_STEPS);
    this.#log.begin(this.ctx.id.name ?? "", now);
  }

  #prepare(requests: readonly ApplyRequest[], now: number): Commit {
    const facts = requests.flatMap((request) => request.facts);
    const effects = facts.flatMap(({ role, fact }) => (role === "money" ? [this.#decide(fact)] : []));
    return {
      now,
      config: {
        slices: parseSlices(this.env.PRODUCT_SLICES),
        cartFacts: this.env.CART_FACTS === "client" ? "client" : "own",
      },
      parts: requests.map(({ part }) => part),
      carts: facts.flatMap(({ role, fact }) => (role === "cart" ? [fact] : [])),
      funnel: facts.flatMap(({ role, fact }) => (role === "funnel" ? [fact] : [])),
      effects,
    };
  }

  #decide(fact: MoneyFact): MoneyEffect {
    const known = this.#tables.money(moneyKey(fact));
    const { row, effect } = foldMoney(known, fact);
    // A fact that is told again changes nothing, and costs no row.
    if (JSON.stringify(row) !== JSON.stringify(known)) this.#log.countRows(this.#tables.saveMoney(row));
    return effect;
  }

  #applyCommit({ now, config, parts, carts, funnel, effects }: Commit, seq: number): ApplyReply[] {
    const fold = this.#fold;
    fold.begin(seq, now, config);
    const replies = fold.applyParts(parts);
    for (const effect of effects) fold.applyMoney(effect);
    for (const fact of carts) fold.applyCart(fact);
    for (const fact of funnel) fold.applyFunnel(fact);
    return replies;
  }

  #checkpointWhenDue(now: number): void {
    if (this.#log.length === 0) return;
    if (!this.#log.isFull && ageMs(this.#log.checkpointAt, now) < CHECKPOINT_EVERY_MS) return;
    try {
      const pieces = piecesOf(this.#fold.save(now));
      this.#log.checkpoint(pieces, now, () => {
        const fresh = this.#fold.ids.takeFresh();
        this.#log.countRows(this.#tables.saveIds(fresh, this.#log.seq, now + DAY_MS));
        this.#expire(now);
      });
    } catch (error) {
      // The ids that were taken are in neither place now.
      log("error", "shard_checkpoint_failed", { shard: this.#log.name, error: String(error) });
      this.ctx.abort(`a checkpoint failed: ${String(error)}`);
      throw error;
    }
  }

  #expire(now: number): void {
    if (now - this.#expiredAt < EXPIRE_EVERY_MS) return;
    this.#expiredAt = now;
    const { buckets, rows } = this.#tables.expireIds(now);
    this.#log.countRows(rows);
    for (const bucket of buckets) this.#fold.ids.forget(bucket);
  }

  /** While something is untold, or commits are not in a checkpoint: both must be finished even if nobody calls again. */
  #arm(): void {
    if (this.#isArmed || (this.#pusher.isDone && this.#log.length === 0)) return;
    this.#isArmed = true;
    const waitMs = this.#pusher.isDone ? CHECKPOINT_EVERY_MS : ALARM_MS;
    this.#log.countRows(1);
    void this.ctx.storage.setAlarm(Date.now() + waitMs);
  }
}
