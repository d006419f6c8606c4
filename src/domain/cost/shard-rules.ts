import { MAX_SHARDS } from "../events/routing.ts";
import { type Rule, WORTH_PER_MONTH } from "./advice.ts";
import { countOf } from "./counts.ts";
import { perMonth } from "./costs.ts";
import { DEPLOYED } from "./deployed.ts";
import { priceOf } from "./prices.ts";

/** What one EventShard folds and stores in a second, at half load: `npm run bench -- events` has several times that for a core. */
export const SHARD_EVENTS_PER_S = 2_500;
/** The busiest second of an hour is so many times its mean. */
const BURST = 4;
const EVENTS_MIN = 100_000;
const HOUR_S = 3_600;

/** A power of two, so that halving and doubling are the steps. Never falls when the peak rises. */
export function shardsFor(peakPerS: number): number {
  const needed = Math.max(1, Math.ceil(peakPerS / SHARD_EVENTS_PER_S));
  return Math.min(MAX_SHARDS, 2 ** Math.ceil(Math.log2(needed)));
}

/** Each batch of events calls every shard, so shards that are not needed cost calls; too few are a limit of the shop. */
export const shardCount: Rule = ({ counts, hours, coveredMs, shards }) => {
  if (countOf(counts, "done.event") < EVENTS_MIN) return [];
  const busiest = Math.max(...hours.map((hour) => countOf(hour, "done.event")));
  const peakPerS = (busiest / HOUR_S) * BURST;
  const wanted = shardsFor(peakPerS);
  const batches = countOf(counts, "queue.events.batch");
  const perCall = priceOf("objectRequest") + DEPLOYED.headSampling * priceOf("logEvent");
  const dollarsPerMonth = perMonth(batches * (shards - wanted) * perCall, coveredMs);
  if (wanted === shards || (wanted < shards && dollarsPerMonth < WORTH_PER_MONTH)) return [];
  const isMore = wanted > shards;
  return [
    {
      id: "event-shards",
      title: `Count events in ${wanted} shards instead of ${shards}`,
      why: `The busiest hour had ${Math.round(busiest / HOUR_S)} events a second, taken ${BURST} times for its peaks; a shard is good for ${SHARD_EVENTS_PER_S} with room to spare.`,
      trade: isMore
        ? "Each batch makes more calls. The change begins at a time in the future, for events from then on."
        : "Less room for a day that is busier than any in the window. Do not follow this right before one.",
      change: {
        kind: "deploy",
        file: "durable-objects/wrangler.toml, and every other that has it",
        from: [`EVENT_SHARDS = "${shards}"`],
        to: [`EVENT_SHARDS = "${shards};<a time in the future, as 2026-12-01T00:00:00Z>=${wanted}"`],
      },
      safe: false,
      dollarsPerMonth,
      evidence: { events: countOf(counts, "done.event"), busiest_hour: busiest, peak_per_s: peakPerS, batches, shards },
    },
  ];
};
