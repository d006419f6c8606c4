import * as z from "zod";

const spreadSchema = z.object({ median: z.number() });
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
});
export type Result = z.infer<typeof resultSchema>;

const pricesSchema = z.array(z.object({ label: z.string(), bill: z.object({ dollars: z.number() }) })).min(1);
const memorySchema = z.array(z.object({ perObject: z.number() })).min(2);
const fanoutSchema = z.object({ shop: z.object({ lastAfterSentMs: z.object({ p99: z.number() }) }) });

/** What was measured, or nothing where that run left it out. Rates per second. */
export interface Inputs {
  readonly head: Pick<Result, "at" | "commit" | "state" | "machine">;
  readonly rates: readonly {
    readonly name: string;
    readonly what: string;
    readonly rate: number | undefined;
    readonly ratio: number | undefined;
  }[];
  readonly dollarsPerThousandEvents: number | undefined;
  readonly bytesPerCart: number | undefined;
  readonly lastSocketMs: number | undefined;
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

/** Several runs as one; the first that has a benchmark counts, and the head is the first one's. */
export function merged(results: readonly Result[]): Result {
  const [first] = results;
  if (!first) throw new Error("there is no report");
  if (results.some(({ state }) => state !== first.state))
    throw new Error("state on disk and on tmpfs cannot be compared");
  return {
    ...first,
    benchmarks: firstOfEach(results.flatMap(({ benchmarks }) => benchmarks)),
    studies: firstOfEach(results.flatMap(({ studies }) => studies)),
  };
}

const firstOfEach = <One extends { readonly name: string }>(all: readonly One[]): One[] => [
  ...new Map(all.toReversed().map((one) => [one.name, one])).values(),
];

export function inputsOf(result: Result): Inputs {
  const { at, commit, state, machine, benchmarks, studies } = result;
  const found = new Map(benchmarks.map((benchmark) => [benchmark.name, benchmark]));
  const study = <T>(name: string, schema: z.ZodType<T>): T | undefined =>
    schema.safeParse(studies.find((one) => one.name === name)?.data).data;
  return {
    head: { at, commit, state, machine },
    rates: RATES.map(({ name, what }) => ({
      name,
      what,
      rate: found.get(name)?.subject.perSecond.median,
      ratio: found.get(name)?.ratio.median,
    })),
    dollarsPerThousandEvents: study("events-price", pricesSchema)?.[0]?.bill.dollars,
    bytesPerCart: study("memory", memorySchema)?.[1]?.perObject,
    lastSocketMs: study("live-fanout", fanoutSchema)?.shop.lastAfterSentMs.p99,
  };
}

const SECONDS_A_DAY = 86_400;
const KIB = 1_024;
const UNKNOWN = "not measured";

/** The Markdown of one block: where it comes from, and one row per figure. */
export function tableOf(
  { head, rates, dollarsPerThousandEvents, bytesPerCart, lastSocketMs }: Inputs,
  names: readonly string[],
): string {
  const { at, commit, state, machine } = head;
  const from = names.map((name) => `[${name}](../bench/results/${name}.md)`).join(", ");
  const rows = rates.map(({ name: benchmark, what, rate, ratio }) => [
    `\`${benchmark}\`: ${what}`,
    rate === undefined ? UNKNOWN : `${count(rate)}/s`,
    rate === undefined ? "" : `${count(rate * SECONDS_A_DAY)} a day`,
    ratio === undefined ? "" : `${Math.round(ratio * 100)} %`,
  ]);
  const others = [
    [
      "`events-price`: 1,000 events, batched",
      shown(dollarsPerThousandEvents, (value) => `$${value.toFixed(6)}`),
      "",
      "",
    ],
    ["`memory`: one more cart that is awake", shown(bytesPerCart, (value) => `${Math.round(value / KIB)} KiB`), "", ""],
    [
      "`live-fanout`: a frame at the last of 1,000 sockets, p99",
      shown(lastSocketMs, (value) => `${Math.round(value)} ms`),
      "",
      "",
    ],
  ];
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    `From ${from}: ${machine.cores} x ${machine.cpu}, state on ${state}, load ${machine.loadBefore.toFixed(2)} before, commit \`${commit}\`, ${at}.`,
    "",
    line(["Measured", "one runtime", "if it lasted", "of its yardstick"]),
    "|---|---|---|---|",
    ...[...rows, ...others].map(line),
  ].join("\n");
}

const count = (value: number): string => Math.round(value).toLocaleString("en-US");
const shown = (value: number | undefined, show: (value: number) => string): string =>
  value === undefined ? UNKNOWN : show(value);
