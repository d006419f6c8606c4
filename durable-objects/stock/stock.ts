import { DURATION_MS } from "../../src/domain/limits.ts";
import { lowAfter } from "../../src/domain/low-stock.ts";
import { ok, type Result } from "../../src/domain/result.ts";
import {
  adjust,
  availableUnits,
  claim,
  emptyLevel,
  type Reservation,
  reserve,
  release,
  restock,
  type StockChange,
  type StockLevel,
  type StockRefusal,
} from "../../src/domain/stock.ts";
import { sendMessages } from "../../src/platform/queue-send.ts";
import { answerFromInbox, type CommandKey, fresh, Inbox, type InboxRefusal, type Replayable } from "../inbox.ts";
import { CommerceObject } from "../metered-object.ts";
import { exists, migrate } from "../migrate.ts";
import { Outbox, outboxHandlers, queuesOf } from "../outbox.ts";
import type { JobResult } from "../job.ts";
import { DueWork } from "../work.ts";
import { STOCK_STEPS } from "./schema.ts";
import { StockTable } from "./table.ts";

export interface ReservationRequest {
  readonly sku: string;
  readonly orderId: string;
  readonly quantity: number;
  /** UTC ms. */
  readonly expiresAt: number;
  /** Units that have to be left for others, or nothing is taken. */
  readonly spare?: number | undefined;
}

export type AdjustReply = Result<StockLevel, StockRefusal | InboxRefusal>;

const SWEEP = "sweep";
const PUBLISH = "publish";
/** Expired reservations released per run; the rest follows at once in the next one. */
const SWEEP_ROWS = 500;
const AUDIT_ROWS = 50_000;

/** The units of one SKU: who holds them, who bought them, and what is left. Never sells a unit twice. */
export class Stock extends CommerceObject {
  readonly #table: StockTable;
  readonly #inbox: Inbox<AdjustReply>;
  readonly #work: DueWork;
  readonly #outbox: Outbox;
  /** Messages written by the change that is being made, to be sent after its commit. */
  readonly #told: string[] = [];

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    this.#table = new StockTable(ctx.storage.sql);
    this.#inbox = new Inbox(ctx.storage);
    const handlers = {
      ...outboxHandlers(queuesOf(env)),
      [SWEEP]: async () => this.#sweep(Date.now()),
      [PUBLISH]: () => this.#publish(),
    };
    this.#work = new DueWork(ctx.storage, handlers, () => this.#table.forget());
    this.#outbox = new Outbox(this.#work);
    if (exists(ctx.storage)) migrate(ctx.storage, STOCK_STEPS);
  }

  /** What can be promised right now. An unknown SKU has nothing. */
  level(sku: string): StockLevel {
    return this.#level(sku);
  }

  reserve(request: ReservationRequest): Result<{ readonly available: number }, StockRefusal> {
    const level = this.#level(request.sku);
    return this.#apply(request.orderId, reserve(level, this.#held(request.orderId), request));
  }

  release(request: { sku: string; orderId: string }): void {
    this.#apply(request.orderId, ok(release(this.#level(request.sku), this.#held(request.orderId))));
  }

  claim(request: {
    sku: string;
    orderId: string;
    quantity: number;
  }): Result<{ readonly available: number }, StockRefusal> {
    const keepUntil = Date.now() + DURATION_MS.claimKept;
    const claimed = claim(this.#level(request.sku), this.#held(request.orderId), { ...request, keepUntil });
    return this.#apply(request.orderId, claimed);
  }

  restock(request: { sku: string; orderId: string }): void {
    this.#apply(request.orderId, ok(restock(this.#level(request.sku), this.#held(request.orderId))));
  }

  /** Deliveries and shrinkage, by a person. `delta` in units. */
  adjust(input: {
    sku: string;
    delta: number;
    reason: string;
    command?: CommandKey | undefined;
  }): Replayable<AdjustReply> {
    const now = Date.now();
    migrate(this.ctx.storage, STOCK_STEPS);
    const answered = answerFromInbox(this.#inbox, input.command);
    if (answered) return answered;
    const reply = adjust(this.#level(input.sku), input.delta);
    if (!reply.ok) return fresh(reply);
    this.#work.transaction(() => {
      this.#save(reply.value, now);
      this.#table.recordAdjustment(reply.value.seq, input.delta, input.reason, now);
      if (input.command) this.#inbox.store(input.command, reply, now);
    });
    this.#publishSoon();
    return fresh(reply);
  }

  /** Everything there is to reconcile, for `npm run audit`: what was stored, and not what is remembered of it. */
  audit(sku: string): { level: StockLevel; reservations: readonly Reservation[]; pendingWork: number } {
    this.#table.forget();
    if (!exists(this.ctx.storage)) return { level: emptyLevel(sku), reservations: [], pendingWork: 0 };
    return {
      level: this.#level(sku),
      reservations: this.#table.reservations(AUDIT_ROWS),
      pendingWork: this.#work.outstanding(Date.now(), [SWEEP]),
    };
  }

  /** Tells the level again, after messages may have been lost. Answers whether there is one. */
  resend(): boolean {
    if (!exists(this.ctx.storage)) return false;
    this.#announce(Date.now());
    this.#publishSoon();
    return true;
  }

  override async alarm(): Promise<void> {
    if (exists(this.ctx.storage)) await this.#work.runDue(Date.now());
  }

  #apply(
    orderId: string,
    decided: Result<StockChange, StockRefusal>,
  ): Result<{ readonly available: number }, StockRefusal> {
    if (!decided.ok) return decided;
    const { level, reservation } = decided.value;
    const before = exists(this.ctx.storage) ? this.#table.level() : undefined;
    // Without a row there is nothing to hold or release, and a SKU nobody ever stocked leaves no tables behind.
    if (!before) return ok({ available: 0 });
    const now = Date.now();
    this.#work.transaction(() => {
      this.#table.saveReservation(orderId, reservation);
      if (level.seq !== before.seq) this.#save(level, now);
      if (reservation) this.#work.dueBy({ id: SWEEP, kind: SWEEP, dueAt: reservation.expiresAt }, now);
      this.#work.armLoosely();
    });
    if (level.seq !== before.seq) this.#publishSoon();
    return ok({ available: availableUnits(level) });
  }

  /** Writes the level and everything that follows from it, in the caller's transaction. */
  #save(level: StockLevel, now: number): void {
    const threshold = Number(this.env.STOCK_LOW_BELOW);
    const available = availableUnits(level);
    const { low, crossed } = lowAfter(this.#table.isLow(), available, {
      threshold,
      clear: Number(this.env.STOCK_LOW_CLEAR),
    });
    this.#table.saveLevel(level, low);
    if (crossed) {
      const { sku, onHand, reserved, seq } = level;
      const told = { v: 1, type: "stock.low", sku, available, onHand, reserved, threshold, at: now } as const;
      this.#told.push(this.#outbox.put("notifications", { ...told, id: `stock.low:${sku}:${seq}` }, now));
    }
    this.#announce(now);
  }

  /** An outbox of one row however many changes: only the newest level is worth telling. */
  #announce(now: number): void {
    this.#work.dueBy({ id: PUBLISH, kind: PUBLISH, dueAt: now + DURATION_MS.takeover }, now);
    this.#work.armLoosely();
  }

  /** The level a little later, because in a rush the next one is already on its way; a warning at once. */
  #publishSoon(): void {
    this.#work.runSoon([PUBLISH]);
    const told = this.#told.splice(0);
    if (told.length > 0) this.ctx.waitUntil(this.#work.run(told));
  }

  /** Tells the newest level, again when it moved while a message was on its way: a rush of changes shares few messages. */
  async #publish(): Promise<JobResult> {
    let level = this.#table.level();
    while (level) {
      const { sku, onHand, reserved, sold, seq } = level;
      const id = `stock.level:${sku}:${seq}`;
      const fact = { v: 1, type: "stock.level", id, sku, onHand, reserved, sold, seq, at: Date.now() } as const;
      await sendMessages(this.env.EVENTS_QUEUE, [fact]);
      level = this.#table.level();
      // Nothing may be awaited from here on: a level that moved now would take its own row for this one's, and be forgotten with it.
      if (level?.seq === seq) break;
    }
    return "sent";
  }

  /** The backstop behind the orders' own timers: what is still held after its time goes back on the shelf. */
  #sweep(now: number): JobResult {
    const expired = this.#table.expired(now, SWEEP_ROWS);
    const before = this.#table.level();
    if (!before) return "done";
    let level = before;
    this.#work.transaction(() => {
      for (const reservation of expired) {
        level = release(level, reservation).level;
        this.#table.saveReservation(reservation.orderId, undefined);
      }
      if (level.seq !== before.seq) this.#save(level, now);
    });
    const next = this.#table.nextExpiry();
    return next === undefined ? "done" : { again: next };
  }

  #level(sku: string): StockLevel {
    return (exists(this.ctx.storage) ? this.#table.level() : undefined) ?? emptyLevel(sku);
  }

  #held(orderId: string): Reservation | undefined {
    return exists(this.ctx.storage) ? this.#table.reservation(orderId) : undefined;
  }
}
