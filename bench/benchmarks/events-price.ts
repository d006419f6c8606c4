import { join } from "node:path";
import { mkdirSync } from "node:fs";
import * as z from "zod";
import { settleEvents, readLedger } from "../events/ledger.ts";
import { arrive } from "../events/open-loop.ts";
import { BATCH_HEADERS, BATCH_PATH } from "../events/target.ts";
import { boardSchema, type Counts, difference, rowsByObject } from "../events/used.ts";
import { type Bill, billPerThousand, type Usage } from "../../src/domain/cost/bill.ts";
import { objectGbS } from "../../src/domain/cost/prices.ts";
import { freePort } from "../runtime/bench.ts";
import { OutsideQueues } from "../runtime/queues/outside.ts";
import { type Shop, startShop } from "../runtime/shop.ts";
import { bodiesOf } from "./events.ts";
import type { Study } from "./list.ts";

/**
 * How long Cloudflare's queues take until they have acknowledged a message, in the median (https://blog.cloudflare.com/how-we-built-cloudflare-queues/,
 * October 2024). It decides how many requests share a message (decision 0015), so a queue that answers at once would be another price.
 */
const NETWORK_MS = 60;

/** Kinds of traffic that are priced: how events come in decides about the bill, and how fast, because messages and commits are shared. */
const CASES = [
  { label: "batched, 100 a request", perRequest: 100, perSecond: 1_000, queueMs: NETWORK_MS, aimDollars: 0.0002 },
  { label: "batched, 100 a request", perRequest: 100, perSecond: 8_000, queueMs: NETWORK_MS, aimDollars: 0.0002 },
  { label: "browsers, 10 a request", perRequest: 10, perSecond: 1_000, queueMs: NETWORK_MS, aimDollars: 0.0002 },
  { label: "worst case, 1 a request", perRequest: 1, perSecond: 500, queueMs: NETWORK_MS, aimDollars: 0.0007 },
  { label: "the same, queue answers at once", perRequest: 1, perSecond: 500, queueMs: 0, aimDollars: 0.0007 },
] as const;
const SECONDS = { study: 15, smoke: 0.5 };
const WARM_UP_SECONDS = { study: 2, smoke: 0.2 };

const countsSchema = z.record(z.string(), z.int());

interface Priced {
  readonly label: string;
  readonly eventsPerSecond: number;
  readonly aimDollars: number;
  readonly bill: Bill;
  readonly calls: Readonly<Record<string, number>>;
}

/** Everything that is billed, counted while events come in, at list prices. On a shop of its own, because counting has a price too. */
export const eventsPrice: Study = {
  name: "events-price",
  group: "events",
  title: "1,000 events at Cloudflare's list prices",
  run: async ({ bench, progress, smoke }) => {
    let queueMs = 0;
    const queues = await OutsideQueues.open({ concurrency: 1, takesMs: () => queueMs });
    try {
      const [directory, meterPort] = [join(bench.directory, "priced"), await freePort()];
      mkdirSync(directory);
      progress("Starting a second shop, whose invocations and messages are counted ...");
      const shop = await startShop({ ...bench, directory }, { queues, meterPort });
      const priced: Priced[] = [];
      for (const one of CASES) {
        queueMs = one.queueMs;
        priced.push(await price({ shop, queues, meterPort }, one, smoke ? "smoke" : "study"));
      }
      return { data: priced, lines: priced.flatMap(linesOf), warnings: [] };
    } finally {
      await queues.close();
    }
  },
};

interface Counters {
  readonly shop: Shop;
  readonly queues: OutsideQueues;
  readonly meterPort: number;
}

async function price(
  counters: Counters,
  { label, perRequest, perSecond, aimDollars }: (typeof CASES)[number],
  length: keyof typeof SECONDS,
) {
  const seconds = SECONDS[length];
  const { shop } = counters;
  const bodies = bodiesOf(perRequest, perSecond);
  const target = { origin: shop.origin, path: BATCH_PATH, headers: BATCH_HEADERS, bodies, eventsPerSecond: perSecond };
  const send = async (duration: number, seed: number): Promise<{ events: number; requests: number }> => {
    const before = await readLedger(shop.admin);
    const { arrivals, refused } = await arrive({ ...target, seconds: duration, seed });
    if (refused > 0) throw new Error(`${refused} requests were refused; a bill is only for what was accepted`);
    const events = arrivals.length * perRequest;
    await settleEvents(shop.admin, before, events);
    return { events, requests: arrivals.length };
  };
  await send(WARM_UP_SECONDS[length], 1);
  const before = await countAll(counters);
  const { events, requests } = await send(seconds, 2);
  const after = await countAll(counters);
  const { rows, operations, cpuMs, batches, calls } = difference(after, before);
  const usage: Usage = {
    workerRequest: requests + batches,
    // All of the runtime's, the objects' part of which is not billed this way: too much rather than too little.
    workerCpuMs: cpuMs,
    objectRequest: Object.values(calls).reduce((sum, count) => sum + count, 0),
    objectGbS: objectGbS(Object.keys(rows).length, seconds),
    rowWritten: Object.values(rows).reduce((sum, count) => sum + count, 0),
    queueOperation: operations,
  };
  return { label, eventsPerSecond: events / seconds, aimDollars, bill: billPerThousand(usage, events), calls };
}

const ANALYTICS_OBJECTS = /^durableObject (?:EventShard|ProductMetrics|LiveBoard) /;

async function countAll({ shop, queues, meterPort }: Counters): Promise<Counts> {
  const counted = countsSchema.parse(await (await fetch(`http://127.0.0.1:${meterPort}/`)).json());
  const board = await shop.admin.get("/admin/v1/analytics/snapshot", boardSchema);
  const { operations, batches } = queues.use("events");
  return {
    rows: rowsByObject(board),
    operations,
    batches,
    cpuMs: shop.runtime.cpuMs(),
    calls: Object.fromEntries(Object.entries(counted).filter(([key]) => ANALYTICS_OBJECTS.test(key))),
  };
}

const dollars = (value: number): string => `$${value.toFixed(7)}`;

function linesOf({ label, eventsPerSecond, aimDollars, bill }: Priced): string[] {
  return [
    `${label}, ${Math.round(eventsPerSecond).toLocaleString("en-US")} events/s`.padEnd(52) +
      `${dollars(bill.dollars)}  (aim: ${dollars(aimDollars)})`,
    ...bill.lines.map(
      (line) => `    ${line.what.padEnd(18)}${line.used.toFixed(2).padStart(12)}  ${dollars(line.dollars)}`,
    ),
  ];
}
