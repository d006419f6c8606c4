import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { readLedger, type Ledger } from "../../../bench/events/ledger.ts";
import type { OutsideQueues } from "../../../bench/runtime/queues/outside.ts";
import type { Shop } from "../../../bench/runtime/shop.ts";

/** Something that has not moved for so long has stopped; what is missing then is missing. */
const STANDSTILL_MS = 30_000;
const LOOK_EVERY_MS = 250;
/** Shards hand their sums on to the products a few times a second. */
const STILL_LOOKS = 8;

const detailSchema = z.object({ minutes: z.array(z.object({ views: z.int() })) });
const boardSchema = z.object({
  minutes: z.array(z.object({ revenue: z.int() })),
  totals: z.object({ other_currencies: z.array(z.object({ amount: z.int() })) }),
});

/** Waits until nothing is under way any more: no message in any queue, no event pending, and the ledger stands still. */
export async function waitForRest(shop: Shop, queues: OutsideQueues): Promise<Ledger> {
  let [seen, looks, since] = ["", 0, Date.now()];
  for (;;) {
    const ledger = await readLedger(shop.admin);
    const views = await viewsOf(shop, shop.skus.slice(0, 3));
    const now = JSON.stringify([ledger, queues.backlog, [...views]]);
    if (now !== seen) [seen, looks, since] = [now, 0, Date.now()];
    looks += 1;
    const isQuiet = queues.backlog === 0 && ledger.pending === 0;
    if ((isQuiet && looks > STILL_LOOKS) || Date.now() - since > STANDSTILL_MS) return ledger;
    await setTimeout(LOOK_EVERY_MS);
  }
}

const deadSchema = z.object({
  data: z.array(
    z.object({ queue: z.string(), unsent: z.int(), causes: z.array(z.object({ cause: z.string(), count: z.int() })) }),
  ),
});
const replaySchema = z.object({ replayed: z.int(), next_after: z.int().nullable() });

/**
 * Does what an operator does with dead letters, as often as it takes: replays them by cause. A message whose deliveries all met a crash is
 * one, and nothing is wrong with it. Answers how many there were.
 */
export async function replayDeadLetters(shop: Shop): Promise<number> {
  let replayed = 0;
  const { data } = await shop.admin.get("/admin/v1/dead-letters", deadSchema);
  for (const { queue, causes } of data) {
    for (const { cause } of causes) {
      for (let after: number | null = 0; after !== null;) {
        const key = `replay:${queue}:${cause}:${after}`;
        const path = `/admin/v1/dead-letters/${queue}/replay`;
        const batch: z.infer<typeof replaySchema> = replaySchema.parse(
          await shop.admin.post(path, { cause, after }, key),
        );
        replayed += batch.replayed;
        after = batch.next_after;
      }
    }
  }
  return replayed;
}

/** Product views of the last 24 hours as the products themselves tell them. */
export async function viewsOf({ admin }: Shop, skus: readonly string[]): Promise<Map<string, number>> {
  const views = new Map<string, number>();
  for (const sku of skus) {
    const found = await admin.find(`/admin/v1/analytics/products/${encodeURIComponent(sku)}`, detailSchema);
    views.set(
      sku,
      (found?.minutes ?? []).reduce((sum, minute) => sum + minute.views, 0),
    );
  }
  return views;
}

/** Net revenue on the board since the beginning of yesterday, in minor units of the shop's currency. */
export async function revenueOf({ admin }: Shop): Promise<number> {
  const { minutes } = await admin.get("/admin/v1/analytics/snapshot", boardSchema);
  return minutes.reduce((sum, { revenue }) => sum + revenue, 0);
}
