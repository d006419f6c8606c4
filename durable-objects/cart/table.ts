import type { Cart } from "../../src/domain/cart.ts";
import { exists } from "../migrate.ts";

/** The one row of a Cart object. */
export class CartTable {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  load(): Cart | undefined {
    if (!exists(this.#storage)) return undefined;
    const [row] = this.#storage.sql.exec<{ doc: string }>("SELECT doc FROM cart").toArray();
    // SAFETY: rows are only written by `save`, which takes a Cart.
    return row && (JSON.parse(row.doc) as Cart);
  }

  save(cart: Cart): void {
    this.#storage.sql.exec(
      "INSERT OR REPLACE INTO cart (id, status, version, doc) VALUES (?, ?, ?, ?)",
      cart.id,
      cart.status,
      cart.version,
      JSON.stringify(cart),
    );
  }
}
