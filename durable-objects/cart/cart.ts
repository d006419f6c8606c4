import {
  abandonCart,
  beginCheckout,
  beginHandOver,
  type Cart as CartState,
  type CartChange,
  changeCart,
  finishHandOver,
  openCart,
  reclaimCart,
  settleCheckout,
} from "../../src/domain/cart.ts";
import type { Fence } from "../../src/domain/guard/lease.ts";
import { DURATION_MS } from "../../src/domain/limits.ts";
import { ok, refuse } from "../../src/domain/result.ts";
import { isAdmitted } from "../../src/platform/fence.ts";
import { answerFromInbox, type CommandKey, fresh, Inbox, type Replayable, replayed } from "../inbox.ts";
import { erase, exists, migrate } from "../migrate.ts";
import { CommerceObject } from "../metered-object.ts";
import { Outbox, outboxHandlers, queuesOf } from "../outbox.ts";
import type { JobResult } from "../job.ts";
import { DueWork } from "../work.ts";
import { Checkout, PLACE, type PendingCheckout } from "./checkout.ts";
import type {
  ChangeCommand,
  ChangeReply,
  CheckoutCommand,
  CheckoutReply,
  CreateCommand,
  HandOverReply,
} from "./commands.ts";
import { CART_STEPS } from "./schema.ts";
import { CartTable } from "./table.ts";

const IDLE = "idle";

/** One shopper's cart: durable before it answers, changed by one command at a time, handed to exactly one order. */
export class Cart extends CommerceObject {
  readonly #table: CartTable;
  readonly #changes: Inbox<ChangeReply>;
  readonly #checkouts: Inbox<CheckoutReply>;
  readonly #work: DueWork;
  readonly #outbox: Outbox;
  readonly #checkout: Checkout;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    const { storage } = ctx;
    this.#table = new CartTable(storage);
    this.#changes = new Inbox(storage);
    this.#checkouts = new Inbox(storage);
    const handlers = {
      ...outboxHandlers(queuesOf(env)),
      [PLACE]: () => this.#checkout.resume(),
      [IDLE]: () => this.#onIdle(Date.now()),
    };
    this.#work = new DueWork(storage, handlers, () => this.#table.forget());
    this.#outbox = new Outbox(this.#work);
    this.#checkout = new Checkout({
      table: this.#table,
      work: this.#work,
      replies: this.#checkouts,
      orders: env.ORDER,
    });
    if (exists(storage)) migrate(storage, CART_STEPS);
  }

  /** Opens the cart. A repeat (the id is derived from the caller's key) finds it open and answers the same. */
  create(input: CreateCommand): Replayable<ChangeReply> | Promise<Replayable<ChangeReply>> {
    return this.#fenced(input.fence, (admitted) => this.#create(input, admitted));
  }

  #create(input: CreateCommand, admitted: boolean): Replayable<ChangeReply> {
    const now = Date.now();
    const known = this.#table.load();
    if (!known && !admitted) return fresh(refuse({ reason: "stale_epoch" }));
    migrate(this.ctx.storage, CART_STEPS);
    const answered = answerFromInbox(this.#changes, input.command);
    if (answered) return answered;
    if (known) return replayed(ok(known));
    const opened = openCart(input.id, input.currency, now, input.visitorId);
    const reply = ok<CartState>(input.dry ? { ...opened, dry: true } : opened);
    this.#work.armFirst(this.#idleAt(now));
    this.#work.transaction(() => {
      this.#table.save(reply.value);
      if (input.command) this.#changes.store(input.command, reply, now);
      this.#watchIdle(now);
    });
    return fresh(reply);
  }

  read(): CartState | null {
    return this.#table.load() ?? null;
  }

  /** Applies one change; changes of concurrent requests apply one after the other and none is lost. */
  change(input: ChangeCommand): Replayable<ChangeReply> | Promise<Replayable<ChangeReply>> {
    return this.#fenced(input.fence, (admitted) => this.#change(input, admitted));
  }

  #change(input: ChangeCommand, admitted: boolean): Replayable<ChangeReply> {
    const cart = this.#table.load();
    // Whoever is mistaken about which cart is a copy must not change a shopper's.
    if (!cart || (input.dry && !cart.dry)) return fresh(refuse({ reason: "unknown_cart" }));
    const answered = answerFromInbox(this.#changes, input.command);
    if (answered) return answered;
    const now = Date.now();
    const reply = changeCart(cart, input.change, now, input.expectedVersion);
    if (!reply.ok) return fresh(reply);
    if (!admitted) return fresh(refuse({ reason: "stale_epoch" }));
    const told = this.#work.transaction(() => {
      this.#table.save(reply.value);
      if (input.command) this.#changes.store(input.command, reply, now);
      // The timer has already passed a cart that slept this long; a busy cart does not pay for moving it.
      if (now - cart.updatedAt >= Number(this.env.CART_IDLE_MS)) this.#watchIdle(now);
      return this.#reportAdded(reply.value, input.change, now);
    });
    if (told) this.#work.runSoon([told]);
    return fresh(reply);
  }

  /**
   * Checks out: locks the cart under the order's id, lets the order reserve the stock, and answers what became of it. A refusal that
   * changed nothing is not remembered under the key; new prices and the order's answer are.
   */
  async checkout(input: CheckoutCommand): Promise<Replayable<CheckoutReply>> {
    return this.#fenced(input.fence, (admitted) => this.#checkOut(input, admitted));
  }

  async #checkOut(input: CheckoutCommand, admitted: boolean): Promise<Replayable<CheckoutReply>> {
    const cart = this.#table.load();
    if (!cart) return fresh(refuse({ reason: "unknown_cart" }));
    const answered = answerFromInbox(this.#checkouts, input.command);
    if (answered) return answered;
    const pending = this.#checkout.pending();
    if (pending?.command.key === input.command.key) return this.#joinCheckout(pending, input);

    // The order of the checkout before this one was given up before its own answer came back. That comes first.
    if (pending) return fresh(refuse({ reason: "cart_in_checkout", orderId: pending.snapshot.orderId }));

    const now = Date.now();
    const begun = beginCheckout(cart, input, now);
    const isWritten = begun.ok || begun.reason === "price_changed";
    // What has begun here is finished here, and what is refused is refused; only what would write is held back.
    if (isWritten && !admitted) return fresh(refuse({ reason: "stale_epoch" }));
    if (!begun.ok) {
      if (begun.reason === "price_changed") this.#showPrices(begun.cart, input.command, begun, now);
      return fresh(begun);
    }
    const { command, orderId, totals, method, requestId, fence } = input;
    const { id: cartId, currency, lines, customer, visitorId } = begun.value;
    const started: PendingCheckout = {
      command,
      snapshot: { orderId, cartId, currency, lines, totals, customer, method, requestId, visitorId },
      fence,
    };
    this.#work.transaction(() => {
      this.#table.save(begun.value);
      this.#checkout.begin(started, now);
    });
    // Sent while the order is asked: the commit of its answer forgets them, or one after it, and no alarm has to.
    const flushed = this.#work.flush();
    const reply = await this.#checkout.place(started);
    this.ctx.waitUntil(flushed.then(() => this.#work.tidy()));
    return fresh(reply);
  }

  /** Closes the cart and answers what is to be handed over. Nothing of it changes here from now on. */
  beginHandOver(): HandOverReply {
    const cart = this.#table.load();
    if (!cart) return refuse({ reason: "unknown_cart" });
    const begun = beginHandOver(cart, Date.now());
    if (begun.ok && begun.value !== cart) this.#table.save(begun.value);
    return begun;
  }

  /** Notes what the cart is called where it was handed to; answers the one that counts. */
  finishHandOver(to: string): string {
    const cart = this.#table.load();
    const finished = cart && finishHandOver(cart, to, Date.now());
    if (finished) this.#table.save(finished);
    return finished?.handOver?.to ?? cart?.handOver?.to ?? to;
  }

  /** Told by the order when it has ended without a sale; repeats and latecomers change nothing. */
  reopen(orderId: string): void {
    const cart = this.#table.load();
    const now = Date.now();
    const reopened = cart && settleCheckout(cart, orderId, "reopen", now);
    if (!reopened) return;
    this.#work.transaction(() => {
      this.#table.save(reopened);
      this.#watchIdle(now);
    });
  }

  /** Told by an order that was given up and has been paid after all. */
  keep(orderId: string): void {
    const cart = this.#table.load();
    const kept = cart && reclaimCart(cart, orderId, Date.now());
    if (kept) this.#table.save(kept);
  }

  override async alarm(): Promise<void> {
    if (exists(this.ctx.storage)) await this.#work.runDue(Date.now());
  }

  /** The epoch is compared before anything is read, so that nothing is awaited between reading and writing. Without a fence nothing is awaited. */
  #fenced<T>(fence: Fence | undefined, work: (admitted: boolean) => T | Promise<T>): T | Promise<T> {
    if (!fence) return work(true);
    return isAdmitted(this.env.FLAG_COORDINATOR, fence, Date.now()).then(work);
  }

  /** Remembered under the key: who never saw this answer and asks again must not be billed prices that nobody has seen. */
  #showPrices(cart: CartState, command: CommandKey, reply: CheckoutReply, now: number): void {
    this.#work.transaction(() => {
      this.#table.save(cart);
      this.#checkouts.store(command, reply, now);
    });
  }

  /** The same request came again while the first is under way: both get the one answer. */
  async #joinCheckout(pending: PendingCheckout, { command }: CheckoutCommand): Promise<Replayable<CheckoutReply>> {
    if (pending.command.fingerprint !== command.fingerprint) return fresh(refuse({ reason: "idempotency_conflict" }));
    return replayed(await this.#checkout.place(pending));
  }

  /** The idle timer is not moved with every change (that would cost a row each): it looks when it fires. */
  async #onIdle(now: number): Promise<JobResult> {
    const cart = this.#table.load();
    if (!cart) return "done";
    if (now - cart.updatedAt >= DURATION_MS.cartExpiry) {
      await erase(this.ctx.storage);
      return "done";
    }
    const idleMs = Number(this.env.CART_IDLE_MS);
    const abandoned = abandonCart(cart, idleMs, now);
    if (abandoned) this.#reportAbandoned(abandoned, now);
    const mayBeAbandonedLater = cart.status === "open" && cart.lines.length > 0 && !abandoned;
    return { again: cart.updatedAt + (mayBeAbandonedLater ? idleMs : DURATION_MS.cartExpiry) };
  }

  /** In the caller's transaction. Returns the row to run after it. */
  #reportAdded(
    { id: cartId, version, visitorId, dry }: CartState,
    change: CartChange,
    now: number,
  ): string | undefined {
    // A shop that counts what the browser says is not asked to pay for telling it again.
    if (dry || change.type !== "add_line" || this.env.CART_FACTS === "client") return undefined;
    const { quantity, quote } = change;
    const fact = { v: 1, type: "cart.added", cartId, visitorId, sku: quote.sku, quantity, at: now } as const;
    const row = this.#outbox.put("events", { ...fact, id: `cart.added:${cartId}:${version}` }, now);
    this.#work.armLoosely();
    return row;
  }

  #reportAbandoned(cart: CartState, now: number): void {
    const value = cart.lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0);
    const { id: cartId, currency, version, visitorId } = cart;
    const id = `cart.abandoned:${cartId}:${version}`;
    const row = this.#work.transaction(() => {
      this.#table.save(cart);
      const fact = { v: 1, type: "cart.abandoned", id, cartId, visitorId, currency, value, at: now } as const;
      return this.#outbox.put("events", fact, now);
    });
    this.ctx.waitUntil(this.#work.run([row]));
  }

  #watchIdle(now: number): void {
    this.#work.put({ id: IDLE, kind: IDLE, dueAt: this.#idleAt(now) }, now);
    this.#work.arm();
  }

  #idleAt(now: number): number {
    return now + Number(this.env.CART_IDLE_MS);
  }
}
