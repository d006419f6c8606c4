/** What a purchase does to objects that have to remember it. */
export interface PurchaseWrites {
  /** To the cart, which is new. */
  readonly cart: number;
  /** To the order, which is new. */
  readonly order: number;
  /** To each of two SKUs, which are awake. */
  readonly stock: number;
}

/**
 * By calls that write, which no design with these three objects can do without: the cart is created, filled twice and checked out, the
 * order is placed and paid, each line is reserved and claimed.
 */
const CALLS: PurchaseWrites = { cart: 4, order: 2, stock: 2 };

/**
 * By commits as the shop makes them today. Cart: created, two lines, locked, ordered. Order: placed, reserved, paid, claimed. Stock: reserved, claimed.
 * What they have to tell others is written with these, and forgotten with the next.
 */
const COMMITS: PurchaseWrites = { cart: 5, order: 4, stock: 2 };

export const PURCHASES = { calls: CALLS, commits: COMMITS } as const;

export const isPurchase = (name: string): name is keyof typeof PURCHASES => Object.hasOwn(PURCHASES, name);

export const writesOf = ({ cart, order, stock }: PurchaseWrites): number => cart + order + 2 * stock;
