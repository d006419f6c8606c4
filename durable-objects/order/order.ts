import { DURATION_MS } from "../../src/domain/limits.ts";
import { decide, type Decision } from "../../src/domain/order.ts";
import {
  type LedgerEntry,
  type Order as OrderState,
  type OrderEvent,
  type OrderSnapshot,
  placeOrder,
  type StampedPaymentFact,
} from "../../src/domain/order-record.ts";
import { allUnsent, unsendable } from "../../src/domain/order-fulfilment.ts";
import type { Fence } from "../../src/domain/guard/lease.ts";
import { refundable } from "../../src/domain/order-payment.ts";
import { ok, type Refusal, refuse, type Result } from "../../src/domain/result.ts";
import { isAdmitted } from "../../src/platform/fence.ts";
import { answerOnce, type CommandKey, fresh, Inbox, type Replayable } from "../inbox.ts";
import { CommerceObject } from "../metered-object.ts";
import { exists, migrate } from "../migrate.ts";
import { Outbox, outboxHandlers, queuesOf } from "../outbox.ts";
import type { JobHandlers, JobResult } from "../job.ts";
import { DueWork } from "../work.ts";
import {
  type CancelCommand,
  type CancelReply,
  type Chargeable,
  chargeableIn,
  type CommandRefusal,
  type FactReply,
  type Followed,
  type FulfilCommand,
  type FulfilReply,
  type PlaceReply,
  type RefundCommand,
  type RefundReply,
  type Wait,
} from "./commands.ts";
import {
  lookUpMessage,
  type EffectContext,
  EXPIRE,
  recordEffects,
  REOPEN,
  recordOutstanding,
  settleCart,
} from "./effects.ts";
import { ORDER_STEPS } from "./schema.ts";
import { StockHold } from "./stock-hold.ts";
import { stockSteps } from "./stock-steps.ts";
import { type HistoryEntry, OrderTable } from "./table.ts";
import { tellOfMove } from "./tell.ts";
import { Turns } from "./turns.ts";
import { isPending, VersionWaiters } from "./waiters.ts";

const RESERVE = "reserve";

/** One order: the saga that takes it from a checked-out cart to paid, given up or refunded, whatever crashes in between. */
export class Order extends CommerceObject {
  readonly #table: OrderTable;
  readonly #cancels: Inbox<CancelReply>;
  readonly #refunds: Inbox<RefundReply>;
  readonly #fulfilments: Inbox<FulfilReply>;
  readonly #work: DueWork;
  readonly #outbox: Outbox;
  readonly #waiters = new VersionWaiters();
  /** Calls to the Stock objects, one after the other. */
  readonly #stockTurns = new Turns();

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    this.#table = new OrderTable(ctx.storage);
    this.#cancels = new Inbox(ctx.storage);
    this.#refunds = new Inbox(ctx.storage);
    this.#fulfilments = new Inbox(ctx.storage);
    this.#work = new DueWork(ctx.storage, this.#handlers(), () => this.#table.forget());
    this.#outbox = new Outbox(this.#work);
    if (exists(ctx.storage)) migrate(ctx.storage, ORDER_STEPS);
  }

  /** Places the order: all of its stock is reserved, or none and it is `rejected`. A repeat answers what became of it. */
  async place(snapshot: OrderSnapshot): Promise<OrderState> {
    if (!this.#table.load()) {
      const placed = placeOrder(snapshot, Date.now());
      migrate(this.ctx.storage, ORDER_STEPS);
      this.#work.armFirst(placed.placedAt + DURATION_MS.takeover);
      this.#work.transaction(() => {
        this.#table.save(placed, "placed");
        this.#work.put({ id: RESERVE, kind: RESERVE }, placed.placedAt);
        this.#work.arm();
      });
    }
    if (this.#loaded().state === "placing") await this.#reserve();
    return this.#loaded();
  }

  /** The same, unless the path that it came by has been left meanwhile. An order that exists is not affected: it is finished here. */
  async placeFenced(snapshot: OrderSnapshot, fence: Fence | undefined): Promise<PlaceReply> {
    const isLate = fence && !this.#table.load() && !(await isAdmitted(this.env.FLAG_COORDINATOR, fence, Date.now()));
    // Asked again, because a call of before the path was left may have placed it meanwhile.
    return isLate && !this.#table.load() ? refuse({ reason: "stale_epoch" }) : ok(await this.place(snapshot));
  }

  /** Whether this attempt is still wanted. Read-only: the money is only moved by facts. */
  chargeable(attempt: number): Chargeable {
    const order = this.#table.load();
    return order ? chargeableIn(order, attempt) : { charge: false };
  }

  /** Takes in what the PSP said. Each fact counts once, in whatever order facts arrive. */
  apply(fact: StampedPaymentFact): FactReply {
    const order = this.#table.load();
    if (!order) return refuse({ reason: "unknown_order" });
    if (fact.type === "refunded" && !this.#table.has(fact.intent)) return this.#askForCapture(order, fact.intent);
    const applied = this.#handle(fact);
    const { state, version } = this.#loaded();
    return ok({ applied, state, version });
  }

  async read(wait?: Wait): Promise<OrderState | null> {
    return (await this.follow(wait))?.order ?? null;
  }

  /** The order as it is; with `wait` the answer is held back until it is newer, but not once it waits for nothing any more. */
  async follow(wait?: Wait): Promise<Followed | null> {
    const order = this.#table.load();
    if (!order) return null;
    const wasPending = isPending(order);
    if (!wait || !wasPending || order.version > (wait.seenVersion ?? order.version)) return { order, wasPending };
    await this.#waiters.wait(wait.waitMs);
    return { order: this.#table.load() ?? order, wasPending };
  }

  /**
   * By the shopper while unpaid, by the shop until something was sent. A charge that is already on its way is refunded when it arrives;
   * one that was kept goes back, and the goods onto the shelf.
   */
  cancel({ command, by }: CancelCommand): Replayable<CancelReply> {
    return this.#command(this.#cancels, command, (order) => {
      // Canceling twice is canceling once: the second call finds what it asked for.
      const canceled = order.state === "canceled" || this.#handle({ type: "cancel_requested", by });
      return canceled ? ok(this.#loaded()) : refuse({ reason: "not_cancelable", state: order.state });
    });
  }

  /** Gives money back. Two refunds at once can never exceed the capture: what is asked for is spoken for in the same transaction. */
  refund({ command, amount, reason }: RefundCommand): Replayable<RefundReply> {
    return this.#command(this.#refunds, command, (order) => {
      const left = refundable(order);
      // Our own number: a caller's key may be as long as it likes, come again after a day, or be called like something of ours.
      const request = `r${(order.payment.requests?.length ?? 0) + 1}`;
      const event = { type: "refund_requested", request, amount: amount ?? left, reason } as const;
      if (this.#handle(event)) return ok(this.#loaded());
      return refuse({ reason: "exceeds_refundable", refundable: Math.max(0, left), state: order.state });
    });
  }

  /** Notes what was handed to the carrier, line by line or all that is left. */
  fulfil({ command, units }: FulfilCommand): Replayable<FulfilReply> {
    return this.#command(this.#fulfilments, command, (order) => {
      const wanted = units ?? allUnsent(order);
      const short = unsendable(order, wanted);
      if (short) return refuse({ reason: "exceeds_unsent", ...short });
      if (wanted.length > 0 && this.#handle({ type: "fulfilled", units: wanted })) return ok(this.#loaded());
      return refuse({ reason: "not_fulfillable", state: order.state });
    });
  }

  /** Tells again everything that this state must have caused, after messages may have been lost. Answers whether there is an order. */
  resend(): boolean {
    const order = this.#table.load();
    if (!order) return false;
    const context = this.#effectContext(Date.now());
    const started = this.#work.transaction(() => {
      const recorded = recordOutstanding(order, context);
      this.#work.arm();
      return recorded;
    });
    this.ctx.waitUntil(this.#work.run(started));
    return true;
  }

  /** For the admin API and `npm run audit`: what was stored, and not what is remembered of it. */
  audit(): {
    order: OrderState;
    ledger: readonly (LedgerEntry & { at: number })[];
    history: readonly HistoryEntry[];
    pendingWork: number;
  } | null {
    this.#table.forget();
    const order = this.#table.load();
    if (!order) return null;
    const pendingWork = this.#work.outstanding(Date.now(), [EXPIRE]);
    return { order, ledger: this.#table.ledger(), history: this.#table.history(), pendingWork };
  }

  override async alarm(): Promise<void> {
    if (exists(this.ctx.storage)) await this.#work.runDue(Date.now());
  }

  #handlers(): JobHandlers {
    const job = (work: (order: OrderState) => Promise<void> | void) => async (): Promise<JobResult> => {
      await work(this.#loaded());
      return "done";
    };
    return {
      ...outboxHandlers(queuesOf(this.env)),
      [RESERVE]: job(() => this.#reserve()),
      ...stockSteps({
        // The order is read when the turn comes: what an earlier turn waited for may have changed what is wanted.
        turn: (step) => this.#stockTurns.take(() => step(this.#hold(), this.#loaded())),
        holdUntil: () => this.#holdUntil(Date.now()),
        move: (event) => this.#decide(event)?.(),
      }),
      [REOPEN]: job((order) => settleCart(this.env.CART, order)),
      [EXPIRE]: job(() => void this.#handle({ type: "expiry_due" })),
    };
  }

  /** A refund came before the charge it gives back. Counted now it would be forgotten; the charge is asked for and the refund comes again. */
  #askForCapture(order: OrderState, intent: string): FactReply {
    const { outbox, now } = this.#effectContext(Date.now());
    const row = outbox.put("payments", lookUpMessage(order, intent), now);
    this.#work.arm();
    this.ctx.waitUntil(this.#work.run([row]));
    return refuse({ reason: "too_early" });
  }

  /** Asked for by a first `place`, its repeats and the alarm; whoever comes second finds the order placed. */
  #reserve(): Promise<void> {
    return this.#stockTurns.take(async () => {
      if (this.#loaded().state !== "placing") return;
      const shortages = await this.#hold().reserve(this.#holdUntil(Date.now()));
      this.#handle(shortages.length === 0 ? { type: "reserved" } : { type: "short", shortages });
    });
  }

  /** Decides and commits, then starts what the decision asks for. Nothing here waits, and what changes nothing has no transaction. */
  #handle(event: OrderEvent): boolean {
    const move = this.#decide(event);
    if (!move) return false;
    this.#work.transaction(move)();
    return true;
  }

  /** Answers how the order moves: to be called in a transaction, and what that answers after it. Nothing when nothing moves. */
  #decide(event: OrderEvent): (() => () => void) | undefined {
    const now = Date.now();
    const { state } = this.#loaded();
    const decision = decide(this.#loaded(), event, this.#table, now);
    return decision && (() => this.#move(event, state, decision, now));
  }

  #move(event: OrderEvent, before: OrderState["state"], decision: Decision, now: number): () => void {
    this.#table.save(decision.order, event.type);
    if (decision.entry) this.#table.enter(decision.entry, now);
    if (event.type === "reserved" || event.type === "short") this.#work.remove(RESERVE);
    const started = recordEffects(decision, this.#effectContext(now));
    // What is sent leaves its rows for the next commit or the alarm, so an alarm that is early is wanted in any case.
    this.#work.armLoosely();
    return () => {
      tellOfMove(this.env.ORDER_POINTS, event.type, before, decision.order, now);
      this.#waiters.wake();
      this.ctx.waitUntil(this.#work.run(started));
    };
  }

  #command<Reply extends Result<OrderState, Refusal>>(
    inbox: Inbox<Reply>,
    command: CommandKey | undefined,
    carryOut: (order: OrderState) => Reply,
  ): Replayable<Reply | ({ readonly ok: false } & CommandRefusal)> {
    const order = this.#table.load();
    if (!order) return fresh(refuse({ reason: "unknown_order" }));
    return answerOnce(inbox, command, () => carryOut(order));
  }

  #effectContext(now: number): EffectContext {
    return {
      work: this.#work,
      outbox: this.#outbox,
      expiryMs: Number(this.env.ORDER_EXPIRY_MS),
      now,
      ledger: () => this.#table.ledger(),
    };
  }

  #hold(): StockHold {
    const { id, lines } = this.#loaded();
    return new StockHold(this.env.STOCK, id, lines);
  }

  #holdUntil(now: number): number {
    return now + Number(this.env.ORDER_EXPIRY_MS) + DURATION_MS.reservationGrace;
  }

  #loaded(): OrderState {
    const order = this.#table.load();
    if (!order) throw new Error("the order has no row");
    return order;
  }
}
