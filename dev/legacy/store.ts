import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Totals } from "../../src/domain/money.ts";

export interface LegacyLine {
  readonly sku: string;
  readonly quantity: number;
}

export interface LegacyCart {
  readonly id: string;
  readonly currency: string;
  readonly customer?: unknown;
  readonly lines: readonly LegacyLine[];
  readonly orderId?: string | undefined;
  /** Of the cart that was handed over, when it was. */
  readonly edgeId?: string | undefined;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface LegacyOrder {
  readonly id: string;
  readonly number: string;
  readonly cartId: string;
  readonly status: "awaiting_payment" | "requires_action" | "paid" | "payment_failed" | "canceled";
  readonly currency: string;
  readonly lines: readonly (LegacyLine & { readonly name: string; readonly unitPrice: number })[];
  readonly totals: Totals;
  readonly intent?: string | undefined;
  readonly clientSecret?: string | undefined;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
  readonly captured: number;
  readonly version: number;
  readonly placedAt: number;
  readonly updatedAt: number;
}

export interface LegacyReply {
  readonly status: number;
  readonly body: unknown;
}

interface Product {
  readonly sku: string;
  readonly name: string;
  readonly price: number;
}

type Entry =
  | { readonly kind: "cart"; readonly value: LegacyCart }
  | { readonly kind: "order"; readonly value: LegacyOrder }
  | { readonly kind: "reply"; readonly key: string; readonly value: LegacyReply };

/** Carts, orders and replies under keys: everything that this monolith remembers. One line of the journal per change, the last one counts. */
export class LegacyStore {
  readonly carts = new Map<string, LegacyCart>();
  readonly orders = new Map<string, LegacyOrder>();
  readonly replies = new Map<string, LegacyReply>();
  readonly products = new Map<string, Product>();
  readonly #journal: string | null;

  constructor(products: readonly Product[], journal: string | null) {
    for (const product of products) this.products.set(product.sku, product);
    this.#journal = journal;
    if (journal === null) return;
    mkdirSync(dirname(journal), { recursive: true });
    if (!existsSync(journal)) return;
    for (const line of readFileSync(journal, "utf8").split("\n")) {
      // SAFETY: only `#put` writes lines; one that was cut off by a crash is the last and is empty or no JSON.
      if (line.endsWith("}")) this.#apply(JSON.parse(line) as Entry);
    }
  }

  saveCart(cart: LegacyCart): LegacyCart {
    this.#put({ kind: "cart", value: cart });
    return cart;
  }

  saveOrder(order: LegacyOrder): LegacyOrder {
    this.#put({ kind: "order", value: order });
    return order;
  }

  saveReply(key: string, value: LegacyReply): void {
    this.#put({ kind: "reply", key, value });
  }

  importedAs(edgeId: string): LegacyCart | undefined {
    return [...this.carts.values()].find((cart) => cart.edgeId === edgeId);
  }

  #put(entry: Entry): void {
    this.#apply(entry);
    if (this.#journal !== null) appendFileSync(this.#journal, `${JSON.stringify(entry)}\n`);
  }

  #apply(entry: Entry): void {
    if (entry.kind === "cart") this.carts.set(entry.value.id, entry.value);
    else if (entry.kind === "order") this.orders.set(entry.value.id, entry.value);
    else this.replies.set(entry.key, entry.value);
  }
}
