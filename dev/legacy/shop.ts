import { randomUUID } from "node:crypto";
import * as z from "zod";
import { totalsOf } from "../../src/domain/money.ts";
import type { LegacyPayments } from "./payments.ts";
import type { LegacyCart, LegacyLine, LegacyReply, LegacyStore } from "./store.ts";
import { cartView, orderView, PRICES, pricedLines } from "./views.ts";

const quantity = z.int().min(1).max(999);
const newCartSchema = z.object({ currency: z.string().length(3).default("USD") });
const lineSchema = z.object({ sku: z.string().min(1), quantity });
const quantitySchema = z.object({ quantity });
const checkoutSchema = z.object({ payment: z.object({ payment_method: z.string().optional() }).default({}) });
const importSchema = z.object({
  edge_id: z.string().min(1),
  currency: z.string().length(3),
  customer: z.unknown().optional(),
  lines: z.array(lineSchema),
});

const ok = (status: number, body: unknown): LegacyReply => ({ status, body });
const refused = (status: number, code: string): LegacyReply => ({
  status,
  body: { type: `/problems/${code}`, title: code, status, code, served_by: "legacy" },
});

/** Carts and orders as the monolith has them: same paths and shapes as the shop's, its own ids, its own data. */
export class LegacyShop {
  readonly #store: LegacyStore;
  readonly #payments: LegacyPayments;
  readonly #underWay = new Map<string, Promise<LegacyReply>>();

  constructor(store: LegacyStore, payments: LegacyPayments) {
    this.#store = store;
    this.#payments = payments;
  }

  createCart(body: unknown): LegacyReply {
    const parsed = newCartSchema.safeParse(body ?? {});
    if (!parsed.success) return refused(422, "validation_failed");
    return ok(201, cartView(this.#newCart({ currency: parsed.data.currency, lines: [] }), this.#store));
  }

  /** A cart that was handed over. The same one again is the same cart. */
  importCart(body: unknown): LegacyReply {
    const parsed = importSchema.safeParse(body);
    if (!parsed.success) return refused(422, "validation_failed");
    const { edge_id: edgeId, currency, customer, lines } = parsed.data;
    const known = this.#store.importedAs(edgeId);
    return ok(201, cartView(known ?? this.#newCart({ currency, customer, lines, edgeId }), this.#store));
  }

  readCart(id: string): LegacyReply {
    const cart = this.#store.carts.get(id);
    return cart ? ok(200, cartView(cart, this.#store)) : refused(404, "unknown_cart");
  }

  addLine(id: string, body: unknown): LegacyReply {
    const parsed = lineSchema.safeParse(body);
    if (!parsed.success) return refused(422, "validation_failed");
    const { sku, quantity: added } = parsed.data;
    if (!this.#store.products.has(sku)) return refused(422, "unknown_sku");
    return this.#change(id, (lines) => {
      const present = lines.find((line) => line.sku === sku);
      if (!present) return [...lines, { sku, quantity: added }];
      return lines.map((line) => (line === present ? { sku, quantity: line.quantity + added } : line));
    });
  }

  setQuantity(id: string, sku: string, body: unknown): LegacyReply {
    const parsed = quantitySchema.safeParse(body);
    if (!parsed.success) return refused(422, "validation_failed");
    return this.#change(id, (lines) => lines.map((line) => (line.sku === sku ? { sku, ...parsed.data } : line)));
  }

  removeLine(id: string, sku: string): LegacyReply {
    return this.#change(id, (lines) => lines.filter((line) => line.sku !== sku));
  }

  setCustomer(id: string, customer: unknown): LegacyReply {
    return this.#change(id, (lines) => [...lines], customer);
  }

  /** Under one key there is one checkout; a repeat that comes while it is under way gets the same answer. */
  checkout(id: string, key: string | undefined, paymentKey: string | undefined, body: unknown): Promise<LegacyReply> {
    if (key === undefined) return Promise.resolve(refused(400, "idempotency_key_required"));
    const name = `${id}\n${key}`;
    const known = this.#store.replies.get(name);
    if (known) return Promise.resolve(known);
    const running = this.#underWay.get(name) ?? this.#checkOut(id, name, paymentKey, body);
    this.#underWay.set(name, running);
    void running.catch(() => undefined).finally(() => this.#underWay.delete(name));
    return running;
  }

  readOrder(id: string): LegacyReply {
    const order = this.#store.orders.get(id);
    return order ? ok(200, orderView(order)) : refused(404, "unknown_order");
  }

  async #checkOut(id: string, name: string, paymentKey: string | undefined, body: unknown): Promise<LegacyReply> {
    const parsed = checkoutSchema.safeParse(body ?? {});
    if (!parsed.success) return refused(422, "validation_failed");
    const cart = this.#store.carts.get(id);
    if (!cart) return refused(404, "unknown_cart");
    if (cart.orderId !== undefined) return refused(409, "cart_ordered");
    if (cart.lines.length === 0) return refused(409, "empty_cart");
    const now = Date.now();
    const lines = pricedLines(cart, this.#store);
    const order = this.#store.saveOrder({
      id: `lgo_${randomUUID()}`,
      number: `LG-${this.#store.orders.size + 1}`,
      cartId: id,
      status: "awaiting_payment",
      currency: cart.currency,
      lines,
      totals: totalsOf(lines, PRICES),
      captured: 0,
      version: 1,
      placedAt: now,
      updatedAt: now,
    });
    this.#store.saveCart({ ...cart, orderId: order.id, version: cart.version + 1, updatedAt: now });
    const charged = await this.#payments.charge(
      order,
      parsed.data.payment.payment_method,
      paymentKey ?? `${order.id}:charge`,
    );
    const reply = ok(201, orderView(charged));
    this.#store.saveReply(name, reply);
    return reply;
  }

  #newCart(contents: Pick<LegacyCart, "currency" | "customer" | "lines" | "edgeId">): LegacyCart {
    const now = Date.now();
    return this.#store.saveCart({ id: `lgc_${randomUUID()}`, ...contents, version: 1, createdAt: now, updatedAt: now });
  }

  #change(
    id: string,
    change: (lines: readonly LegacyLine[]) => readonly LegacyLine[],
    customer?: unknown,
  ): LegacyReply {
    const cart = this.#store.carts.get(id);
    if (!cart) return refused(404, "unknown_cart");
    if (cart.orderId !== undefined) return refused(409, "cart_ordered");
    const changed = { ...cart, lines: change(cart.lines), version: cart.version + 1, updatedAt: Date.now() };
    return ok(
      200,
      cartView(this.#store.saveCart(customer === undefined ? changed : { ...changed, customer }), this.#store),
    );
  }
}
