import { SeededRandom } from "../../../dev/stripe/control/random.ts";

/** What a shopper has in mind, or what happens to the order afterwards. */
export type Kind = "good_card" | "bad_card" | "canceled" | "browser" | "refunded" | "scarce";

export interface Story {
  readonly kind: Kind;
  /** Which products, as numbers to be wrapped around the shop's list. */
  readonly products: readonly number[];
}

/** Something that breaks once so many orders were accepted, and `delayMs` after that. */
export interface Strike {
  readonly act: "abort" | "kill";
  readonly afterOrders: number;
  readonly delayMs: number;
}

export interface Plan {
  readonly stories: readonly Story[];
  readonly strikes: readonly Strike[];
}

/** Parts of a hundred. */
const KINDS: Readonly<Record<Kind, number>> = {
  good_card: 54,
  bad_card: 10,
  canceled: 8,
  browser: 8,
  refunded: 8,
  scarce: 12,
};
/** How often objects are aborted per kill of the whole runtime, and after how many orders one or the other comes. */
const ABORTS_PER_KILL = 3;
const ORDERS_PER_STRIKE = 25;
const DELAY_MAX_MS = 400;

/**
 * Everything that is up to chance, from the seed alone. The strikes are spread over all orders and a few more come after the last, while the rest
 * of the charges is made.
 */
export function planOf(seed: number, orders: number): Plan {
  const random = new SeededRandom(seed);
  const below = (n: number): number => Math.floor(random.next() * n);
  const stories = Array.from({ length: orders }, (): Story => {
    const kind = kindAt(below(100));
    return { kind, products: Array.from({ length: kind === "scarce" ? 1 : 1 + below(2) }, () => below(1_000)) };
  });
  const count = Math.max(ABORTS_PER_KILL + 1, Math.ceil(orders / ORDERS_PER_STRIKE));
  const strikes = Array.from({ length: count }, (_, i): Strike => {
    const isKill = i % (ABORTS_PER_KILL + 1) === ABORTS_PER_KILL;
    const afterOrders = Math.floor(((i + random.next()) * orders) / (count - 1));
    return { act: isKill ? "kill" : "abort", afterOrders: Math.min(afterOrders, orders), delayMs: below(DELAY_MAX_MS) };
  });
  return { stories, strikes };
}

function kindAt(part: number): Kind {
  let end = 0;
  for (const [kind, share] of Object.entries(KINDS)) {
    end += share;
    // SAFETY: `KINDS` has a key for each kind and no other.
    if (part < end) return kind as Kind;
  }
  throw new Error("the shares add up to a hundred");
}
