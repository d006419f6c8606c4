import type { Contest } from "../contest.ts";
import type { Bench } from "../runtime/bench.ts";
import type { Hops } from "../runtime/hops.ts";
import type { Shop } from "../runtime/shop.ts";
import type { Yardstick } from "../runtime/yardstick.ts";
import { addLineBenchmark } from "./add-line.ts";
import { cartCreate } from "./cart-create.ts";
import { cartRead } from "./cart-read.ts";
import { checkout, flashSale } from "./checkout.ts";
import { coldStart } from "./cold-start.ts";
import { eventsBenchmark } from "./events.ts";
import { eventsLatency } from "./events-latency.ts";
import { eventsPrice } from "./events-price.ts";
import { liveFanout } from "./live-fanout.ts";
import { hotSku } from "./hot-sku.ts";
import { memory } from "./memory.ts";
import { purchase } from "./purchase.ts";
import { purchaseParts } from "./purchase-parts.ts";
import { webhookIntake, webhookRepeat } from "./webhooks.ts";
import { ordersPrice } from "./orders-price.ts";

/** What a benchmark may measure. */
export interface Field {
  readonly shop: Shop;
  readonly yardstick: Yardstick;
  /** A whole purchase without logic. */
  readonly hops: Hops;
  /** Origins from which single objects are called: the shop's Stock, and the yardstick's cells. */
  readonly probes: { readonly shop: string; readonly yardstick: string };
  /** Ids of open carts with two lines each. */
  readonly carts: readonly string[];
}

interface Named {
  readonly name: string;
  /** A name for several of them. */
  readonly group?: string;
  readonly title: string;
}

/** A rate beside its yardstick. */
export interface Benchmark extends Named {
  readonly contest: (field: Field) => Contest;
  /** How many times as long as the others' its rounds are. */
  readonly stretch?: number;
}

export interface StudyContext {
  readonly bench: Bench;
  readonly field: Field;
  /** What `events-100` sustained in this run, per second, if it was run. */
  readonly sustained: () => number | undefined;
  readonly progress: (text: string) => void;
  /** Whether it is only asked if all is well: as short as can be. */
  readonly smoke: boolean;
  /** Where V8's profiles are kept, if anywhere. */
  readonly profiles: string | undefined;
}

export interface StudyFindings {
  /** For the JSON document. */
  readonly data: unknown;
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
}

/** Whatever else is measured: it has no yardstick, and is held against an aim. */
export interface Study extends Named {
  readonly run: (context: StudyContext) => Promise<StudyFindings>;
}

/** The benchmark whose rate studies build upon. */
const eventsInBulk = eventsBenchmark(100);
export const SUSTAINED = eventsInBulk.name;

/** In the order in which they are run. */
export const BENCHMARKS: readonly (Benchmark | Study)[] = [
  cartCreate,
  cartRead,
  addLineBenchmark,
  checkout,
  purchase,
  purchaseParts,
  hotSku,
  flashSale,
  webhookIntake,
  webhookRepeat,
  eventsInBulk,
  eventsBenchmark(10),
  eventsLatency,
  eventsPrice,
  liveFanout,
  coldStart,
  memory,
  ordersPrice,
];

/** Every name that selects something. */
export const NAMES: readonly string[] = [
  ...new Set(BENCHMARKS.flatMap(({ name, group }) => (group ? [name, group] : [name]))),
];

export const selects = (names: readonly string[], { name, group }: Named): boolean =>
  names.length === 0 || names.includes(name) || (group !== undefined && names.includes(group));
