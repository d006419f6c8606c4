import { parseArgs } from "node:util";
import type { Settings as BenchSettings } from "../../bench/settings.ts";

export type Faults = "none" | "network" | "provider";
export const FAULTS = ["none", "network", "provider"] as const satisfies readonly Faults[];

export interface Settings {
  readonly orders: number;
  /** Of the compressed day. */
  readonly seconds: number;
  /** At once, when there are most. */
  readonly shoppers: number;
  readonly visits: number;
  readonly seed: number;
  readonly faults: Faults;
  /** Calls per second that the payment provider takes; `undefined`: it is not what limits the shop. */
  readonly limit: number | undefined;
  /** A shop that runs already. */
  readonly url: string | undefined;
  readonly json: boolean;
  /** Where the report goes. */
  readonly html: string;
  readonly place: BenchSettings["place"];
}

const DAY_S = 86_400;
const USUAL = { orders: 1_000, seconds: 90, shoppers: 18_000, html: "black-friday.html" } as const;
/** What the case study's shop sold in its day, at a pace (23 orders a second, 90 at midnight) that two cores keep up with. */
const FULL = { orders: 82_000, seconds: 3_600 } as const;
const MAX = {
  orders: 200_000,
  seconds: 7_200,
  shoppers: 100_000,
  visits: 2_000_000,
  limit: 10_000,
  seed: 4_294_967_295,
};
/** Of the state of a shop in which nothing was bought, and of each order with the carts that are left beside it. */
const STATE_BYTES = { shop: 150_000_000, order: 90_000 };
/** Visits per order, at least. Of a real shop's visitors two to four in a hundred buy; this machine has to do without most of those who only look. */
const VISITS_PER_ORDER = 2;
/** A visit that is open all day long is none: so many must come at least for so many to be there at once. */
const VISITS_PER_SHOPPER = 1.25;

export const USAGE = [
  "npm run --silent blackfriday [-- options]",
  `  --orders N         checkouts of the day (${USUAL.orders})`,
  `  --seconds S        the day takes so long (${USUAL.seconds}); or --speed N: so many times as fast as a real day`,
  `  --shoppers N       in the shop at once when there are most (${USUAL.shoppers})`,
  "  --visits N         all who come, buying or not (from the two above)",
  "  --seed N           everything that is up to chance (a new one, which is printed)",
  `  --faults KIND      ${FAULTS.join(", ")}: broken connections and double clicks (usual), and a provider in trouble as well`,
  "  --limit N          the payment provider takes N calls per second, and answers 429 above that",
  `  --full             ${FULL.orders} orders in ${FULL.seconds} seconds, state on tmpfs unless --disk is given`,
  "  --url URL          a shop that runs already, instead of one of its own on the bundles that would be deployed",
  `  --html FILE        the report (${USUAL.html});  --json: the figures on standard output`,
  "  --disk, --tmpfs    where the state of its own shop goes",
].join("\n");

/** Throws with a sentence for a person. Without `--seed` the seed is `fresh`. */
export function readSettings(args: readonly string[], fresh: number): Settings {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      orders: text,
      seconds: text,
      speed: text,
      shoppers: text,
      visits: text,
      seed: text,
      faults: text,
      limit: text,
      url: text,
      html: text,
      json: flag,
      full: flag,
      disk: flag,
      tmpfs: flag,
    },
  });
  if (values.disk && values.tmpfs) throw new Error("the state is on --disk or on --tmpfs, not on both");
  if (values.seconds !== undefined && values.speed !== undefined) {
    throw new Error("--seconds and --speed say the same thing: give one of them");
  }
  const usual = values.full ? { ...USUAL, ...FULL } : USUAL;
  const orders = whole("--orders", values.orders, { usual: usual.orders, min: 1, max: MAX.orders });
  const shoppers = whole("--shoppers", values.shoppers, { usual: usual.shoppers, min: 1, max: MAX.shoppers });
  const visitsUsual = Math.ceil(Math.max(orders * VISITS_PER_ORDER, shoppers * VISITS_PER_SHOPPER));
  return {
    orders,
    shoppers,
    seconds: secondsOf(values, usual.seconds),
    visits: whole("--visits", values.visits, { usual: visitsUsual, min: orders, max: MAX.visits }),
    seed: whole("--seed", values.seed, { usual: fresh, min: 0, max: MAX.seed }),
    faults: faultsOf(values.faults ?? "network"),
    limit:
      values.limit === undefined ? undefined : whole("--limit", values.limit, { usual: 0, min: 1, max: MAX.limit }),
    url: values.url === undefined ? undefined : new URL(values.url).origin,
    json: values.json,
    html: values.html ?? usual.html,
    place: values.disk ? "disk" : values.tmpfs || values.full ? "tmpfs" : "default",
  };
}

/** What a shop of its own will take up by the end of the day, about. */
export const stateBytes = ({ orders }: Pick<Settings, "orders">): number =>
  STATE_BYTES.shop + orders * STATE_BYTES.order;

function secondsOf({ seconds, speed }: { seconds?: string; speed?: string }, usual: number): number {
  const bounds = { usual, min: 5, max: MAX.seconds };
  if (speed === undefined) return whole("--seconds", seconds, bounds);
  const times = whole("--speed", speed, { usual: 1, min: Math.ceil(DAY_S / MAX.seconds), max: DAY_S / bounds.min });
  return DAY_S / times;
}

function faultsOf(text: string): Faults {
  const found = FAULTS.find((kind) => kind === text);
  if (!found) throw new Error(`--faults is "${text}", not one of ${FAULTS.join(", ")}`);
  return found;
}

interface Bounds {
  readonly usual: number;
  readonly min: number;
  readonly max: number;
}

function whole(name: string, text: string | undefined, { usual, min, max }: Bounds): number {
  if (text === undefined) return usual;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new Error(`${name} is "${text}", not a whole number from ${min} to ${max}`);
}
