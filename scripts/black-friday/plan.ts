import { randomFrom, zipf } from "../../bench/events/random.ts";
import { DAY_HOURS, FLASH_SALE, phaseAt, PHASES, Shape } from "./shape.ts";

/** What a shopper came for. */
export type Intent = "browse" | "abandon" | "buy";
/** What the bank says: yes, no, or "show me that it is you", which then succeeds or fails. */
export type Card = "good" | "declined" | "authenticated" | "not_authenticated";
/** What happens to the checkout on its way: it is clicked twice, or the connection breaks before its answer is there. */
export type Mishap = "none" | "double_click" | "lost_answer";

/** One shopper's visit, all of it decided beforehand. Times in ms since the beginning of the (compressed) day. */
export interface Visit {
  readonly id: number;
  readonly intent: Intent;
  readonly beginsAt: number;
  /** When the checkout is due, or the shopper leaves. */
  readonly decidesAt: number;
  /** When which product is looked at: its rank by popularity, or the flash sale's. */
  readonly looks: readonly { readonly at: number; readonly product: number }[];
  /** Which of the looks put the product into the cart. */
  readonly wanted: readonly number[];
  readonly card: Card;
  /** Whether a declined shopper tries once more, with a card that is good. */
  readonly triesAgain: boolean;
  readonly mishap: Mishap;
  /** Whether the order's page stays open until it says how the payment ended. */
  readonly follows: boolean;
}

export interface PlanOptions {
  readonly seed: number;
  readonly orders: number;
  /** Shoppers at once when there are most. */
  readonly shoppers: number;
  readonly visits: number;
  readonly dayMs: number;
  /** How many products there are beside the one of the flash sale. */
  readonly products: number;
  readonly hasMishaps: boolean;
}

/** The product of the flash sale, which has no rank. */
export const FLASH_PRODUCT = -1;

/** Carts that are filled and left, per cart that is bought. Shops count two or three; each is an object, so this machine has to do with fewer. */
const ABANDONED_PER_ORDER = 0.5;
/** Of those who check out while the flash sale is on. */
const FLASH_SHARE = 0.7;
const CARDS: readonly (readonly [Card, number])[] = [
  ["good", 0.94],
  ["declined", 0.03],
  ["authenticated", 0.025],
  ["not_authenticated", 0.005],
];
const MISHAPS: readonly (readonly [Mishap, number])[] = [
  ["none", 0.97],
  ["double_click", 0.015],
  ["lost_answer", 0.015],
];
const TRIES_AGAIN_SHARE = 0.5;
const FOLLOWS_SHARE = 0.25;
/**
 * Product pages that are asked of the shop, from the first number to the second. Who only looks around mostly sees what the browser or the edge has; who
 * wants to buy compares.
 */
const LOOKS: Readonly<Record<Intent, readonly [number, number]>> = { browse: [0, 1], abandon: [1, 3], buy: [1, 3] };
const SECOND_LINE_SHARE = 0.35;
/** The last part of a visit is hesitation: everything is in the cart. */
const HESITATES_FROM = 0.75;
const SEARCH_STEPS = 16;
/** A visit of average length takes no more than so many times the day: what the search for the right length begins with. */
const LENGTH_MAX = 4;

/** The whole day, from the seed alone: as many visits, as many checkouts, as many shoppers at once. Sorted by when they begin. */
export function planOf(options: PlanOptions): Visit[] {
  const { seed, orders, visits, dayMs } = options;
  const random = randomFrom(seed);
  const shape = new Shape();
  const abandoned = Math.min(Math.round(orders * ABANDONED_PER_ORDER), Math.max(0, visits - orders));
  const drafts = Array.from({ length: visits }, (_, id): Draft => {
    const decidesAt = (shape.hourOf(random()) / DAY_HOURS) * dayMs;
    const intent: Intent = id < orders ? "buy" : id < orders + abandoned ? "abandon" : "browse";
    // Exponential, but nobody is in and out at once.
    return { id, intent, decidesAt, length: 0.2 + 0.8 * -Math.log(1 - random()) };
  });
  const scaleMs = lengthFor(drafts, options);
  const rank = zipf(options.products, random);
  const planned = drafts.map((draft) => visitOf(draft, beginOf(draft, scaleMs), { options, random, rank }));
  return planned.toSorted((a, b) => a.beginsAt - b.beginsAt);
}

/** How many shoppers will want the product of the flash sale. */
export function flashDemand(orders: number): number {
  const shape = new Shape();
  const from = PHASES.findIndex(({ name }) => name === FLASH_SALE);
  const until = PHASES[from + 1]?.from ?? DAY_HOURS;
  return orders * (shape.partBefore(until) - shape.partBefore(PHASES[from]?.from ?? 0)) * FLASH_SHARE;
}

interface Draft {
  readonly id: number;
  readonly intent: Intent;
  readonly decidesAt: number;
  readonly length: number;
}

/** Whose visit would have begun before the day does is there when it begins, as people are who wait for midnight. */
const beginOf = ({ decidesAt, length }: Draft, scaleMs: number): number => Math.max(0, decidesAt - length * scaleMs);

/** How long an average visit has to be, in ms, so that as many are open at once as are wanted; by halving. */
function lengthFor(drafts: readonly Draft[], { shoppers, dayMs }: PlanOptions): number {
  const ends = Float64Array.from(drafts, ({ decidesAt }) => decidesAt).sort();
  let [low, high] = [0, LENGTH_MAX * dayMs];
  for (let step = 0; step < SEARCH_STEPS; step++) {
    const middle = (low + high) / 2;
    const begins = Float64Array.from(drafts, (draft) => beginOf(draft, middle)).sort();
    if (mostAtOnce(begins, ends) < shoppers) low = middle;
    else high = middle;
  }
  return high;
}

/** How many are inside when most are, by the sorted times at which one comes or goes. */
export function mostAtOnce(begins: Float64Array, ends: Float64Array): number {
  let [most, ended] = [0, 0];
  for (let begun = 0; begun < begins.length; begun++) {
    while ((ends[ended] ?? Infinity) <= (begins[begun] ?? 0)) ended += 1;
    most = Math.max(most, begun + 1 - ended);
  }
  return most;
}

interface Chance {
  readonly options: PlanOptions;
  readonly random: () => number;
  readonly rank: () => number;
}

function visitOf(draft: Draft, beginsAt: number, { options, random, rank }: Chance): Visit {
  const { id, intent, decidesAt } = draft;
  const span = (decidesAt - beginsAt) * HESITATES_FROM;
  const isFlash = intent === "buy" && phaseOf(decidesAt, options).name === FLASH_SALE && random() < FLASH_SHARE;
  const [fewest, most] = LOOKS[intent];
  const count = fewest + Math.floor(random() * (most - fewest + 1));
  const times = Array.from({ length: count }, () => beginsAt + random() * span);
  const looks = times.toSorted((a, b) => a - b).map((at) => ({ at, product: rank() }));
  const last = looks.length - 1;
  if (isFlash) looks[last] = { at: looks[last]?.at ?? beginsAt, product: FLASH_PRODUCT };
  const wanted = intent === "browse" ? [] : last > 0 && random() < SECOND_LINE_SHARE ? [last - 1, last] : [last];
  return {
    id,
    intent,
    beginsAt,
    decidesAt,
    looks,
    wanted,
    card: oneOf(CARDS, random()),
    triesAgain: random() < TRIES_AGAIN_SHARE,
    mishap: options.hasMishaps ? oneOf(MISHAPS, random()) : "none",
    follows: random() < FOLLOWS_SHARE,
  };
}

const phaseOf = (at: number, { dayMs }: PlanOptions) => phaseAt((at / dayMs) * DAY_HOURS);

function oneOf<T>(shares: readonly (readonly [T, number])[], part: number): T {
  let left = part;
  const found = shares.find(([, share]) => (left -= share) < 0) ?? shares.at(0);
  if (!found) throw new Error("nothing to choose from");
  return found[0];
}
