import { settleCheckout } from "../../src/domain/cart.ts";
import type { Fence } from "../../src/domain/guard/lease.ts";
import type { Order, OrderSnapshot } from "../../src/domain/order-record.ts";
import { ok, refuse } from "../../src/domain/result.ts";
import { log } from "../../src/platform/log.ts";
import { callObject } from "../../src/platform/object-call.ts";
import type { CommandKey, Inbox } from "../inbox.ts";
import type { Order as OrderObject } from "../order/order.ts";
import type { JobResult } from "../job.ts";
import type { DueWork } from "../work.ts";
import type { CheckoutReply } from "./commands.ts";
import type { CartTable } from "./table.ts";

/** The work row of a checkout that has not been answered yet; it holds all that is needed to ask again. */
export const PLACE = "place";

export interface PendingCheckout {
  readonly command: CommandKey;
  readonly snapshot: OrderSnapshot;
  /** What the order compares before it comes into being. */
  readonly fence?: Fence | undefined;
}

/** The step between a locked cart and its order: asked until it is answered, whoever asks, and answered once. */
export class Checkout {
  readonly #table: CartTable;
  readonly #work: DueWork;
  readonly #replies: Inbox<CheckoutReply>;
  readonly #orders: DurableObjectNamespace<OrderObject>;
  /** The call that is under way. Requests of one object may share it; after a crash the row of work makes it again. */
  #asking: { readonly orderId: string; readonly reply: Promise<CheckoutReply> } | undefined;

  constructor(deps: {
    table: CartTable;
    work: DueWork;
    replies: Inbox<CheckoutReply>;
    orders: DurableObjectNamespace<OrderObject>;
  }) {
    this.#table = deps.table;
    this.#work = deps.work;
    this.#replies = deps.replies;
    this.#orders = deps.orders;
  }

  pending(): PendingCheckout | undefined {
    const payload = this.#work.payload(PLACE);
    // SAFETY: only `begin` writes this row.
    return payload === undefined ? undefined : (JSON.parse(payload) as PendingCheckout);
  }

  /** To be called in the transaction that locks the cart. */
  begin(pending: PendingCheckout, now: number): void {
    this.#work.put({ id: PLACE, kind: PLACE, payload: pending }, now);
    this.#work.arm();
  }

  /** Asks the order, or joins whoever is asking. */
  place(pending: PendingCheckout): Promise<CheckoutReply> {
    const { orderId } = pending.snapshot;
    if (this.#asking?.orderId === orderId) return this.#asking.reply;
    const reply = this.#askOrder(pending).finally(() => {
      if (this.#asking?.orderId === orderId) this.#asking = undefined;
    });
    this.#asking = { orderId, reply };
    return reply;
  }

  async resume(): Promise<JobResult> {
    const pending = this.pending();
    const reply = pending && (await this.place(pending));
    if (reply && !reply.ok && reply.reason === "checkout_pending") throw new Error("the order did not answer");
    return "done";
  }

  async #askOrder({ command, snapshot, fence }: PendingCheckout): Promise<CheckoutReply> {
    const { orderId, requestId } = snapshot;
    let placed: Awaited<ReturnType<OrderObject["placeFenced"]>>;
    try {
      placed = await callObject(() => this.#orders.getByName(orderId).placeFenced(snapshot, fence));
    } catch (error) {
      // Nothing is known, so nothing is decided: the row of work asks again, and so may the shopper under the same key.
      log("warn", "checkout_pending", { orderId, requestId, error: String(error) });
      return refuse({ reason: "checkout_pending", orderId });
    }
    if (!placed.ok) {
      this.#giveUp(orderId);
      return placed;
    }
    const order: Order = placed.value;
    const reply: CheckoutReply =
      order.state === "rejected" ? refuse({ reason: "out_of_stock", shortages: order.shortages ?? [] }) : ok(order);
    this.#finish(command, orderId, reply);
    return reply;
  }

  /** The order was never placed. Nothing is remembered under the key: whoever comes with it next may be served on another path. */
  #giveUp(orderId: string): void {
    const cart = this.#table.load();
    const reopened = cart && settleCheckout(cart, orderId, "reopen", Date.now());
    this.#work.transaction(() => {
      if (reopened) this.#table.save(reopened);
      if (this.pending()?.snapshot.orderId === orderId) this.#work.remove(PLACE);
      this.#work.arm();
    });
  }

  #finish(command: CommandKey, orderId: string, reply: CheckoutReply): void {
    const now = Date.now();
    const cart = this.#table.load();
    const settled = cart && settleCheckout(cart, orderId, reply.ok ? "ordered" : "reopen", now);
    this.#work.transaction(() => {
      if (settled) this.#table.save(settled);
      if (this.#replies.find(command).kind === "new") this.#replies.store(command, reply, now);
      // Another checkout's row, should there be one, is not ours to remove.
      if (this.pending()?.snapshot.orderId === orderId) this.#work.remove(PLACE);
      this.#work.arm();
    });
  }
}
