import * as z from "zod";
import { isDisturbed } from "../statistics.ts";

const spreadSchema = z.object({ median: z.number(), low: z.number(), high: z.number() });
const measuredSchema = z.object({ perSecond: spreadSchema });

/** As much of a kept report as docs/scale.md needs. */
export const resultSchema = z.object({
  at: z.string(),
  commit: z.string(),
  state: z.string(),
  machine: z.object({ cpu: z.string(), cores: z.number(), loadBefore: z.number() }),
  benchmarks: z.array(
    z.object({ name: z.string(), subject: measuredSchema, yardstick: measuredSchema, ratio: spreadSchema }),
  ),
  studies: z.array(z.object({ name: z.string(), data: z.unknown() })),
  warnings: z.array(z.string()),
});
export type Result = z.infer<typeof resultSchema>;

/** A kept report, by its name under bench/results. */
export interface Run {
  readonly name: string;
  readonly result: Result;
}

const pricesSchema = z.array(z.object({ label: z.string(), bill: z.object({ dollars: z.number() }) })).min(1);
const memorySchema = z.array(z.object({ perObject: z.number() })).min(2);
const fanoutSchema = z.object({ shop: z.object({ lastAfterSentMs: z.object({ p99: z.number() }) }) });

/** A figure, and the run that it is from. */
interface Found<T> {
  readonly run: string;
  readonly value: T;
}

/** What was measured, or nothing where no run has it. Rates per second. */
export interface Inputs {
  readonly runs: readonly Run[];
  readonly rates: readonly {
    readonly name: string;
    readonly what: string;
    readonly found: Found<{ readonly rate: number; readonly ratio: number; readonly isDisturbed: boolean }> | undefined;
  }[];
  readonly dollarsPerThousandEvents: Found<number> | undefined;
  readonly bytesPerCart: Found<number> | undefined;
  readonly lastSocketMs: Found<number> | undefined;
}

const RATES = [
  { name: "cart-create", what: "carts created" },
  { name: "cart-read", what: "carts read" },
  { name: "add-line", what: "lines added" },
  { name: "checkout", what: "checkouts accepted" },
  { name: "purchase", what: "purchases, until paid, counted and in the read model" },
  { name: "hot-sku", what: "reservations at one Stock object" },
  { name: "flash-sale", what: "checkouts of one SKU" },
  { name: "webhook-intake", what: "webhooks that move an order" },
  { name: "events-100", what: "events, 100 a request" },
  { name: "events-10", what: "events, 10 a request" },
] as const;

/** Of several runs the first that has a figure counts. Whatever else they differ in, the table says of each row which run it is from. */
export function inputsOf(runs: readonly Run[]): Inputs {
  const [first] = runs;
  if (!first) throw new Error("there is no report");
  if (runs.some(({ result }) => result.state !== first.result.state)) {
    throw new Error("state on disk and on tmpfs cannot be compared");
  }
  const find = <T>(of: (result: Result) => T | undefined): Found<T> | undefined =>
    runs.flatMap(({ name, result }) => {
      const value = of(result);
      return value === undefined ? [] : [{ run: name, value }];
    })[0];
  const study =
    <T>(name: string, schema: z.ZodType<T>) =>
    ({ studies }: Result): T | undefined =>
      schema.safeParse(studies.find((one) => one.name === name)?.data).data;
  return {
    runs,
    rates: RATES.map(({ name, what }) => ({
      name,
      what,
      found: find(({ benchmarks }) => {
        const one = benchmarks.find((benchmark) => benchmark.name === name);
        return one && rateOf(one);
      }),
    })),
    dollarsPerThousandEvents: find((result) => study("events-price", pricesSchema)(result)?.[0]?.bill.dollars),
    bytesPerCart: find((result) => study("memory", memorySchema)(result)?.[1]?.perObject),
    lastSocketMs: find((result) => study("live-fanout", fanoutSchema)(result)?.shop.lastAfterSentMs.p99),
  };
}

const rateOf = ({ subject, ratio }: Result["benchmarks"][number]) => ({
  rate: subject.perSecond.median,
  ratio: ratio.median,
  isDisturbed: isDisturbed(ratio),
});
