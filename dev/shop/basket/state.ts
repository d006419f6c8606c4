import type { Cart, Line } from "../api/shapes.ts";

/** A quantity that the shopper has set and the shop has not confirmed yet; 0 takes the line out. */
export interface Wish {
  readonly sku: string;
  readonly quantity: number;
  /** What the cart said when it was set: the decision was made looking at this number. */
  readonly seen: number;
}

export interface Basket {
  /** `undefined` until something is put in, or while it is being read. */
  readonly cart: Cart | undefined;
  readonly etag: string | undefined;
  readonly isLoading: boolean;
  /** At most one for a SKU, oldest first. */
  readonly wishes: readonly Wish[];
  /** Something that the shopper should be told about the cart. */
  readonly notice: string | undefined;
}

export const EMPTY: Basket = { cart: undefined, etag: undefined, isLoading: false, wishes: [], notice: undefined };

export const MOST_PER_LINE = 999;

/** A cart that has become an order can be looked at, not changed. */
export const isOpen = ({ cart }: Basket): boolean =>
  cart === undefined || cart.status === "open" || cart.status === "abandoned";

const quantityIn = (cart: Cart | undefined, sku: string): number =>
  cart?.lines.find((line) => line.sku === sku)?.quantity ?? 0;

/** The lines as the shopper has set them, whether confirmed or not. Their totals stay what the shop last said. */
export function shownLines({ cart, wishes }: Basket): readonly Line[] {
  const wanted = new Map(wishes.map((wish) => [wish.sku, wish.quantity]));
  return (cart?.lines ?? [])
    .map((line) => ({ ...line, quantity: wanted.get(line.sku) ?? line.quantity }))
    .filter((line) => line.quantity > 0);
}

/** Units, for the number on the cart's button. */
export const unitsIn = (basket: Basket): number =>
  isOpen(basket) ? shownLines(basket).reduce((units, line) => units + line.quantity, 0) : 0;

/** A click on + five times in a row is one wish, with the last number. */
export function withWish(basket: Basket, sku: string, quantity: number): Basket {
  const asked = Math.min(Math.max(Math.trunc(quantity), 0), MOST_PER_LINE);
  const earlier = basket.wishes.find((wish) => wish.sku === sku);
  const seen = earlier?.seen ?? quantityIn(basket.cart, sku);
  const others = basket.wishes.filter((wish) => wish.sku !== sku);
  return { ...basket, notice: undefined, wishes: [...others, { sku, quantity: asked, seen }] };
}

/** The cart as an answer shows it. Wishes that it fulfils are done; `sent` is the one that was asked for. */
export function withAnswer(basket: Basket, cart: Cart, etag: string | undefined, sent?: Wish): Basket {
  const wishes = basket.wishes
    .filter((wish) => wish.quantity !== quantityIn(cart, wish.sku))
    // Another click came while that one was under way: it was made looking at what has just been confirmed.
    .map((wish) => (wish.sku === sent?.sku ? { ...wish, seen: quantityIn(cart, wish.sku) } : wish));
  return { ...basket, cart, etag, isLoading: false, wishes };
}

/**
 * The cart had another version than the one the shopper looked at. A wish about a line that nobody else touched is still what the shopper
 * means and is asked for again; one about a line that has changed meanwhile is given up, and the shopper told.
 */
export function withConflict(basket: Basket, cart: Cart, etag: string | undefined): Basket {
  const overtaken = basket.wishes.filter(
    (wish) => quantityIn(cart, wish.sku) !== wish.seen && quantityIn(cart, wish.sku) !== wish.quantity,
  );
  const kept = basket.wishes.filter((wish) => !overtaken.includes(wish));
  const known = [...cart.lines, ...(basket.cart?.lines ?? [])];
  const names = overtaken.map(({ sku }) => known.find((line) => line.sku === sku)?.name ?? sku);
  const notice =
    names.length > 0
      ? `${names.join(" and ")} was changed in another window meanwhile. This is your cart as it is now.`
      : basket.notice;
  return { ...withAnswer({ ...basket, wishes: kept }, cart, etag), notice };
}

export const withoutWish = (basket: Basket, sku: string, notice: string): Basket => ({
  ...basket,
  wishes: basket.wishes.filter((wish) => wish.sku !== sku),
  notice,
});

/** What another answer costs more or less than the shopper has seen: `from` and `to` are minor units of one unit. */
export interface PriceChange {
  readonly name: string;
  readonly sku: string;
  readonly from: number;
  readonly to: number;
}

export function priceChanges(before: Cart | undefined, after: Cart): readonly PriceChange[] {
  const seen = new Map(before?.lines.map((line) => [line.sku, line.unit_price.amount]));
  return after.lines.flatMap(({ sku, name, unit_price: { amount } }) => {
    const from = seen.get(sku);
    return from === undefined || from === amount ? [] : [{ sku, name, from, to: amount }];
  });
}
