import { setTimeout } from "node:timers/promises";
import { type Ledger, readLedger } from "../../bench/events/ledger.ts";
import { freshnessOf, type Freshness } from "../../bench/events/freshness.ts";
import { auditShop, type Finding, stripeClient } from "../audit/finding.ts";
import { waitForQuiet } from "../drills/backlog/watch.ts";
import { SECRETS } from "../workers.ts";
import { type Accounts, accountsOf } from "./accounts.ts";
import { type Cost, readCost } from "./cost.ts";
import { troubleProvider } from "./faults.ts";
import { runGenerator } from "./generator-process.ts";
import type { Outcome } from "./messages.ts";
import { flashDemand } from "./plan.ts";
import type { Progress } from "./progress.ts";
import type { Settings } from "./settings.ts";
import { FLASH_SKU, stockFlashSale, type Venue } from "./venue.ts";
import { type Moment, Watch } from "./watch.ts";

export interface Findings {
  readonly outcome: Outcome;
  readonly moments: readonly Moment[];
  /** From when an event was due to be sent to the frame that counts it, at the socket of a client. */
  readonly events: Freshness;
  /** What the board said of itself: of the worst five minutes, or of the whole day when it was shorter. */
  readonly boardMs: { readonly p50: number; readonly p99: number } | null;
  /** CPU time of the runtime from the first shopper to the last, in ms; `null` in a shop that was not started here. */
  readonly cpuMs: number | null;
  readonly cost: Cost;
  readonly accounts: Accounts;
  readonly finding: Finding;
  /** From the end of the day until nothing moved any more. */
  readonly drainedMs: number;
  readonly auditedMs: number;
}

/** Of the units that will be wanted so many are on the shelf. */
const FLASH_SUPPLY = 0.6;
/** Over which the board tells its own latency. */
const BOARD_WINDOW_MS = 5 * 60_000;
const CALM_MS = 1_500;
const AUDIT_WAIT_S = 120;

/** Plays the day in this shop, waits until nothing moves, and opens the books. */
export async function playDay(
  venue: Venue,
  settings: Settings,
  directory: string,
  progress: Progress,
): Promise<Findings> {
  const { orders } = settings;
  const run = `bf${Date.now().toString(36)}`;
  await stockFlashSale(venue, run, Math.max(1, Math.floor(flashDemand(orders) * FLASH_SUPPLY)));
  const before = await readLedger(venue.admin);
  const cpuBefore = venue.runtime?.cpuMs() ?? 0;
  const moments: Moment[] = [];
  const watch = await Watch.open(venue);
  try {
    await troubleProvider(venue.bank, settings);
    const outcome = await runGenerator(directory, specOf(venue, settings, run), (sample) => {
      const moment = watch.moment(sample);
      moments.push(moment);
      progress.show(moment);
    });
    const cpuMs = venue.runtime ? venue.runtime.cpuMs() - cpuBefore : null;
    await troubleProvider(venue.bank, { ...settings, faults: "none" });
    progress.say("The day is over. Waiting until nothing moves any more ...");
    const overAt = Date.now();
    // Queues are empty for a moment between two messages as well, and a look at tens of thousands of orders takes long.
    await waitForQuiet(venue, 0);
    await setTimeout(CALM_MS);
    await waitForQuiet(venue, 0);
    await watch.until(before.received + outcome.counts.events_acknowledged);
    const drainedMs = Date.now() - overAt;
    const cost = await readCost(venue);
    progress.say("Auditing every order, every SKU and every payment ...");
    return {
      ...(await openBooks(venue, outcome, settings)),
      outcome,
      moments,
      cpuMs,
      cost,
      drainedMs,
      ...eventFigures(watch, outcome, moments, before),
    };
  } finally {
    await watch.close();
  }
}

function specOf(venue: Venue, { seed, orders, shoppers, visits, seconds, faults }: Settings, run: string) {
  return {
    shop: venue.origin,
    bank: venue.bank,
    write_key: venue.writeKey,
    run,
    skus: [...venue.skus],
    flash_sku: FLASH_SKU,
    seed,
    orders,
    shoppers,
    visits,
    day_ms: seconds * 1_000,
    has_mishaps: faults !== "none",
  };
}

async function openBooks(
  venue: Venue,
  outcome: Outcome,
  { faults }: Settings,
): Promise<Pick<Findings, "accounts" | "finding" | "auditedMs">> {
  const { admin, bank, runtime } = venue;
  const beganAt = Date.now();
  const key = process.env["STRIPE_SECRET_KEY"] || (SECRETS["STRIPE_SECRET_KEY"]?.local ?? "");
  const finding = await auditShop(admin, stripeClient(bank, key), AUDIT_WAIT_S);
  const ledger = runtime ? await readLedger(admin) : null;
  const accounts = accountsOf(outcome, finding, { ledger, faults });
  return { finding, accounts, auditedMs: Date.now() - beganAt };
}

function eventFigures(watch: Watch, { batches }: Outcome, moments: readonly Moment[], before: Ledger) {
  const arrivals = batches.map(([dueAt, events]) => ({ dueAt, events }));
  const worst = worstWindow(moments);
  return {
    events: freshnessOf(arrivals, watch.frames, before.received),
    boardMs: worst ? { p50: worst.p50, p99: worst.p99 } : null,
  };
}

/** Of the board's windows of five minutes the worst that is full; of a shorter day the last, which has all of it. */
function worstWindow(moments: readonly Moment[]): Moment["eventMs"] {
  const last = moments.at(-1);
  const full = moments.filter(({ at }) => at >= BOARD_WINDOW_MS);
  const told = (full.length > 0 ? full : last ? [last] : []).flatMap(({ eventMs }) => eventMs ?? []);
  return told.toSorted((a, b) => b.p99 - a.p99)[0] ?? null;
}
