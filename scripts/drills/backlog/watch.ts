import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import type { Shop } from "../../../bench/runtime/shop.ts";
import type { Provider } from "./provider.ts";

/** Something that has not moved for so long has stopped. A drill waits for what is slow, and for that no longer. */
const STANDSTILL_MS = 60_000;
const SAMPLE_EVERY_MS = 500;
const ASK_AGAIN_MS = 250;

const metricsSchema = z.object({
  queues: z.array(z.object({ queue: z.string(), backlog: z.int(), oldest_at: z.iso.datetime().optional() })),
  facts: z.array(z.object({ type: z.string(), count: z.int() })),
});
const orderSchema = z.object({
  payment: z.object({ expected_in_seconds: z.number().optional() }),
  updated_at: z.iso.datetime(),
});

/** One look at a shop that works through its backlog. */
export interface Sample {
  /** UTC ms. */
  readonly at: number;
  /** Charges that wait in the queue, the ones of the batch at work not counted. */
  readonly waiting: number;
  readonly oldestWaitS: number;
  readonly newest: string | undefined;
  /** What the shopper of the newest order is told. */
  readonly expectedS: number | undefined;
  readonly charges: number;
  readonly undelivered: number;
}

export interface Watched {
  readonly shop: Shop;
  readonly provider: Provider;
  readonly newestOrder: () => string | undefined;
}

/** Notices a standstill: `isOver` says whether what it is shown has been the same for `STANDSTILL_MS`. */
class Patience {
  #seen = "";
  #since = Date.now();

  isOver(...progress: readonly number[]): boolean {
    const seen = progress.join();
    if (seen !== this.#seen) this.#since = Date.now();
    this.#seen = seen;
    return Date.now() - this.#since > STANDSTILL_MS;
  }
}

/** Looks twice a second until no charge waits any more, or none is made any more. */
export async function watchDrain(watched: Watched, onSample: (sample: Sample) => void): Promise<Sample[]> {
  const patience = new Patience();
  const samples: Sample[] = [];
  for (;;) {
    const sample = await lookAt(watched);
    samples.push(sample);
    onSample(sample);
    if (sample.waiting === 0 || patience.isOver(sample.charges)) return samples;
    await setTimeout(SAMPLE_EVERY_MS);
  }
}

async function lookAt({ shop, provider, newestOrder }: Watched): Promise<Sample> {
  const newest = newestOrder();
  const [{ queues }, { charges, undelivered }, order] = await Promise.all([
    shop.admin.get("/admin/v1/metrics", metricsSchema),
    provider.stats(),
    newest === undefined ? undefined : readOrder(shop, newest),
  ]);
  const at = Date.now();
  const payments = queues.find(({ queue }) => queue === "payments");
  const oldest = payments?.oldest_at === undefined ? at : Date.parse(payments.oldest_at);
  const oldestWaitS = (at - oldest) / 1_000;
  const expectedS = order?.payment.expected_in_seconds;
  return { at, waiting: payments?.backlog ?? 0, oldestWaitS, newest, expectedS, charges, undelivered };
}

async function readOrder({ origin }: Shop, order: string): Promise<z.infer<typeof orderSchema>> {
  const response = await fetch(`${origin}/v1/orders/${order}`);
  return orderSchema.parse(await response.json());
}

/** What one shopper was told about the wait, and how long it then was. */
export interface Promised {
  readonly toldS: number;
  readonly tookS: number;
}

/** To be asked when all orders have come to rest: their last change was the payment. */
export async function promisesKept(shop: Shop, samples: readonly Sample[]): Promise<Promised[]> {
  const promised: Promised[] = [];
  for (const { newest, expectedS: toldS, at } of samples) {
    if (newest === undefined || toldS === undefined) continue;
    const { updated_at: updatedAt } = await readOrder(shop, newest);
    promised.push({ toldS, tookS: Math.max(0, Date.parse(updatedAt) - at) / 1_000 });
  }
  return promised;
}

/** Calls per second between the first look and the last one that still saw charges waiting: before and after, others set the pace. */
export function rateOf(samples: readonly Sample[]): number {
  const first = samples[0];
  const last = samples.findLast(({ waiting }) => waiting > 0);
  if (!first || !last || last.at === first.at) return Number.NaN;
  return ((last.charges - first.charges) / (last.at - first.at)) * 1_000;
}

/** Waits until so many orders were counted as paid and no queue holds a message, or until nothing moves any more. */
export async function waitForQuiet({ admin }: Pick<Shop, "admin">, paid: number): Promise<void> {
  const patience = new Patience();
  for (;;) {
    const { queues, facts } = await admin.get("/admin/v1/metrics", metricsSchema);
    const count = facts.find(({ type }) => type === "order.paid")?.count ?? 0;
    const waiting = queues.map(({ backlog }) => backlog);
    if (count >= paid && waiting.every((backlog) => backlog === 0)) return;
    if (patience.isOver(count, ...waiting)) return;
    await setTimeout(ASK_AGAIN_MS);
  }
}
