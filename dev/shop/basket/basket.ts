import { type Answer, ask, reasonOf } from "../api/client.ts";
import type { Cart } from "../api/shapes.ts";
import { keep, recall, STORED } from "../storage.ts";
import { type Basket, EMPTY, isOpen, withAnswer, withConflict, withoutWish, withWish, type Wish } from "./state.ts";

export type Added = { readonly ok: true } | { readonly ok: false; readonly detail: string };

/** Carts that cannot be put into any more; the next product goes into a new one. */
const GONE = ["unknown_cart", "cart_ordered"];
const CONFLICTS_IN_A_ROW = 3;

/**
 * The shopper's one cart, shared by all pages and tabs. Adding is sent as it comes, without If-Match, so nothing added elsewhere is lost.
 * Quantities are decisions made looking at a number: they carry the version that showed it, one request at a time.
 */
export class CartSession {
  #basket: Basket = EMPTY;
  #sending: Promise<void> | undefined;
  readonly #visitorId: string;
  readonly #listeners = new Set<() => void>();

  constructor(visitorId: string) {
    this.#visitorId = visitorId;
  }

  get basket(): Basket {
    return this.#basket;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the cart again, e.g. after another tab changed it. */
  async refresh(): Promise<void> {
    const id = recall(STORED.cart);
    if (id === undefined) return this.#become(EMPTY);
    this.#become({ ...this.#basket, isLoading: this.#basket.cart?.id !== id });
    const answer = await ask<Cart>(`/v1/carts/${id}`);
    if (recall(STORED.cart) !== id) return;
    if (answer.ok) return this.#become(withAnswer(this.#basket, answer.value, answer.etag));
    if (isProblem(answer, GONE)) return this.forget();
    this.#become({ ...this.#basket, isLoading: false, notice: reasonOf(answer) });
  }

  async add(sku: string, quantity: number): Promise<Added> {
    const body = { sku, quantity };
    const key = crypto.randomUUID();
    for (const isFresh of [false, true]) {
      const id = isFresh ? await this.#create() : (recall(STORED.cart) ?? (await this.#create()));
      if (typeof id !== "string") return { ok: false, detail: reasonOf(id) };
      const answer = await ask<Cart>(`/v1/carts/${id}/lines`, { method: "POST", body, key });
      if (answer.ok) {
        this.#become({ ...withAnswer(this.#basket, answer.value, answer.etag), notice: undefined });
        return { ok: true };
      }
      if (isFresh || !isProblem(answer, GONE)) return { ok: false, detail: reasonOf(answer) };
    }
    return { ok: false, detail: "The cart could not be opened." };
  }

  /** 0 takes the line out. Shown at once, confirmed when the shop has answered. */
  setQuantity(sku: string, quantity: number): void {
    this.#become(withWish(this.#basket, sku, quantity));
    this.#sending ??= this.#sendWishes().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Resolves when everything that the shopper has set is confirmed or refused. */
  async settled(): Promise<Basket> {
    await this.#sending;
    return this.#basket;
  }

  /** The cart as another answer of the API shows it: after its customer was set, or its prices. */
  show(cart: Cart, etag: string | undefined): void {
    this.#become(withAnswer(this.#basket, cart, etag));
  }

  /** An order that ended without a sale gives its cart back; it is ours again unless another has been begun meanwhile. */
  async takeBack(cartId: string): Promise<void> {
    const hasAnother = isOpen(this.#basket) && (this.#basket.cart?.lines.length ?? 0) > 0;
    if (!hasAnother) keep(STORED.cart, cartId);
    await this.refresh();
  }

  forget(): void {
    keep(STORED.cart, undefined);
    this.#become(EMPTY);
  }

  async #create(): Promise<string | Refused> {
    const body = { visitor_id: this.#visitorId };
    const answer = await ask<Cart>("/v1/carts", { method: "POST", body, key: crypto.randomUUID() });
    if (!answer.ok) return answer;
    keep(STORED.cart, answer.value.id);
    this.#become(withAnswer(EMPTY, answer.value, answer.etag));
    return answer.value.id;
  }

  async #sendWishes(): Promise<void> {
    let conflicts = 0;
    for (let wish = this.#basket.wishes[0]; wish; wish = this.#basket.wishes[0]) {
      const answer = await this.#send(wish);
      if (answer.ok) {
        conflicts = 0;
        this.#become(withAnswer(this.#basket, answer.value, answer.etag, wish));
      } else if (isProblem(answer, ["stale_version", "unknown_line"]) && ++conflicts < CONFLICTS_IN_A_ROW) {
        await this.#resolveConflict(wish);
      } else {
        this.#become(withoutWish(this.#basket, wish.sku, reasonOf(answer)));
        await this.refresh();
      }
    }
  }

  #send({ sku, quantity }: Wish): Promise<Answer<Cart>> {
    const path = `/v1/carts/${this.#basket.cart?.id ?? ""}/lines/${encodeURIComponent(sku)}`;
    const common = { ifMatch: this.#basket.etag, key: crypto.randomUUID() };
    return quantity === 0
      ? ask<Cart>(path, { ...common, method: "DELETE" })
      : ask<Cart>(path, { ...common, method: "PATCH", body: { quantity } });
  }

  async #resolveConflict(wish: Wish): Promise<void> {
    const answer = await ask<Cart>(`/v1/carts/${this.#basket.cart?.id ?? ""}`);
    if (answer.ok) this.#become(withConflict(this.#basket, answer.value, answer.etag));
    else this.#become(withoutWish(this.#basket, wish.sku, reasonOf(answer)));
  }

  #become(basket: Basket): void {
    this.#basket = basket;
    for (const listener of this.#listeners) listener();
  }
}

type Refused = Extract<Answer<never>, { ok: false }>;

const isProblem = (answer: Refused, codes: readonly string[]): boolean =>
  answer.reason === "problem" && codes.includes(answer.problem.code);
