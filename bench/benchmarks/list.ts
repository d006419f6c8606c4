import type { Contest } from "../contest.ts";
import type { Shop } from "../runtime/shop.ts";
import { addLineBenchmark } from "./add-line.ts";
import { cartRead } from "./cart-read.ts";
import { checkout } from "./checkout.ts";

/** What a benchmark may measure. */
export interface Field {
  readonly shop: Shop;
  /** The origin of the yardstick Worker. */
  readonly yardstick: string;
  /** Ids of open carts with two lines each. */
  readonly carts: readonly string[];
}

export interface Benchmark {
  readonly name: string;
  readonly title: string;
  readonly contest: (field: Field) => Contest;
}

/** In the order in which they are run. */
export const BENCHMARKS: readonly Benchmark[] = [cartRead, addLineBenchmark, checkout];
