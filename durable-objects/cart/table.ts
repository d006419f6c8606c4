import type { Cart } from "../../src/domain/cart.ts";
import { exists } from "../migrate.ts";

/** The one row of a Cart object. What was read or written last is kept, until `forget`. */
export class CartTable {
  readonly #storage: DurableObjectStorage;
  #read: Cart | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  load(): Cart | undefined {
    if (!exists(this.#storage)) this.#read = undefined;
    if (this.#read || !exists(this.#storage)) return this.#read;
    const [row] = this.#storage.sql.exec<{ doc: string }>("SELECT doc FROM cart").toArray();
    // SAFETY: rows are only written by `save`, which takes a Cart.
    this.#read = row && (JSON.parse(row.doc) as Cart);
    return this.#read;
  }

  save(cart: Cart): void {
    this.#storage.sql.exec(
      "INSERT OR REPLACE INTO cart (id, status, version, doc) VALUES (?, ?, ?, ?)",
      cart.id,
      cart.status,
      cart.version,
      JSON.stringify(cart),
    );
    this.#read = cart;
  }

  /** After a transaction that was rolled back: what is kept may have been written by it. */
  forget(): void {
    this.#read = undefined;
  }
}
