import type { RecordableHistogram } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import type { Bench } from "../../../bench/runtime/bench.ts";
import { type Shop, startShop } from "../../../bench/runtime/shop.ts";
import { auditShop, type Finding, stripeClient } from "../../audit/finding.ts";
import { SECRETS } from "../../workers.ts";
import { type Accounts, accountsOf } from "./accounts.ts";
import { Provider, type ProviderStats } from "./provider.ts";
import { Shoppers } from "./shoppers.ts";
import { type Promised, promisesKept, rateOf, type Sample, waitForQuiet, watchDrain } from "./watch.ts";

export interface Exercise {
  readonly orders: number;
  readonly limit: number;
  /** Checkouts that are measured on the idle shop. */
  readonly idleCheckouts: number;
  readonly progress: (text: string) => void;
}

export interface Findings {
  readonly placedInS: number;
  readonly drainedInS: number;
  readonly waitingAtRelease: number;
  readonly samples: readonly Sample[];
  readonly promised: readonly Promised[];
  readonly drainPerSecond: number;
  readonly provider: ProviderStats;
  readonly webhooks: Awaited<ReturnType<Provider["webhooks"]>>;
  readonly checkouts: Readonly<Record<"idle" | "placing" | "draining", RecordableHistogram>>;
  readonly repeats: number;
  readonly accounts: Accounts;
  readonly finding: Finding;
}

/** Starts at once what the throttle saved up in a pause. Small, so that the provider sees the limit and not the burst. */
const BURST = 10;
/** Code that has not run yet is slow, and is nobody's backlog. */
const WARM_UP_ORDERS = 100;
/** Shoppers who keep coming, before and while the backlog is worked off. */
const ARRIVALS_PER_SECOND = 10;
/** How long the provider takes over each charge while the backlog is placed: five charges per second get through. */
const HELD_MS = 1_000;
/** Twenty charges of a batch in five lanes: so long the batch that is at work goes on being held after the provider has recovered. */
const HELD_BATCH_MS = 4 * HELD_MS;
const AUDIT_WAIT_S = 60;
const SAY_EVERY = 10;

/** A shop whose throttle and whose provider agree on the limit. */
export const startBacklogShop = (bench: Bench, limit: number): Promise<Shop> =>
  startShop(bench, {
    vars: { PSP_CALLS_PER_S: String(limit), PSP_BURST: String(BURST) },
    // Reads are not limited: the audit at the end is none of the shop's calls.
    standIn: { STRIPE_STANDIN_RATE_LIMIT: `${limit}/0` },
  });

/** Fills the shop's queue with charges while the provider is slow, lets go, and follows every order to its end. */
export async function exercise(shop: Shop, { orders, limit, idleCheckouts, progress }: Exercise): Promise<Findings> {
  const provider = new Provider(shop.stripe);
  const shoppers = new Shoppers(shop);
  const quiet = (): Promise<void> => waitForQuiet(shop, shoppers.accepted.length);
  try {
    await shoppers.rush(WARM_UP_ORDERS);
    await quiet();
    progress(`Measuring ${idleCheckouts} checkouts on the idle shop ...`);
    const before = shoppers.stream(ARRIVALS_PER_SECOND);
    await setTimeout((idleCheckouts / ARRIVALS_PER_SECOND) * 1_000);
    await before.stop();
    await quiet();

    progress(`Placing ${orders} orders while the provider hardly answers ...`);
    await provider.hold(HELD_MS);
    const placingAt = Date.now();
    const placing = await shoppers.rush(orders, (placed) => {
      if (placed % Math.ceil(orders / SAY_EVERY) === 0) progress(`  ${placed} placed`);
    });
    const placedAt = Date.now();

    progress(`Letting go: the provider takes ${limit} charges per second ...`);
    const during = shoppers.stream(ARRIVALS_PER_SECOND);
    await provider.release();
    // Charges that are being held come back first.
    await setTimeout(HELD_BATCH_MS);
    const watched = { shop, provider, newestOrder: () => shoppers.accepted.at(-1) };
    const samples = await watchDrain(watched, sayNowAndThen(progress));
    const drainedAt = Date.now();
    await during.stop();
    await quiet();
    const promised = await promisesKept(shop, samples);
    const stats = await provider.stats();
    const webhooks = await provider.webhooks();

    progress("Auditing ...");
    const key = SECRETS["STRIPE_SECRET_KEY"]?.local ?? "";
    const finding = await auditShop(shop.admin, stripeClient(shop.stripe, key), AUDIT_WAIT_S);
    return {
      placedInS: (placedAt - placingAt) / 1_000,
      drainedInS: (drainedAt - placedAt) / 1_000,
      waitingAtRelease: samples[0]?.waiting ?? 0,
      samples,
      promised,
      drainPerSecond: rateOf(samples),
      provider: stats,
      webhooks,
      checkouts: { idle: before.latencies, placing, draining: during.latencies },
      repeats: shoppers.repeats,
      accounts: accountsOf(shoppers.accepted, finding),
      finding,
    };
  } finally {
    shoppers.leave();
  }
}

function sayNowAndThen(progress: (text: string) => void): (sample: Sample) => void {
  let looks = 0;
  return ({ waiting, oldestWaitS, expectedS, charges, undelivered }) => {
    if (looks++ % SAY_EVERY !== 0) return;
    const told = expectedS === undefined ? "" : `, a new order is told ${expectedS} s`;
    progress(
      `  ${waiting} wait, the oldest for ${oldestWaitS.toFixed(0)} s${told}; ${charges} charged, ${undelivered} webhooks open`,
    );
  };
}
