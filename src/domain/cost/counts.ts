import type { QueueName } from "../messages.ts";
import type { Usage } from "./bill.ts";
import { type Billed, BILLED } from "./prices.ts";

/** What something is done for: purchases, the counting of events, or those who run the shop (console, admin API, coordinators). */
export const AREAS = ["commerce", "analytics", "operations"] as const;
export type Area = (typeof AREAS)[number];

export const CACHES = ["catalog_item", "catalog_page", "enrichment"] as const;
export type CacheName = (typeof CACHES)[number];

/**
 * Of a cache: answers from the isolate, from the edge, from the origin; what those took; the sum of the ages of what was answered. Then the renewals, which
 * are loads of something whose last value was still known: how many, how old that value was in sum, and how many had changed.
 */
export const CACHE_COUNTS = [
  "isolate",
  "edge",
  "load",
  "loadMs",
  "ageMs",
  "renewal",
  "renewalAgeMs",
  "changed",
] as const;
export type CacheCount = (typeof CACHE_COUNTS)[number];

/** Of a queue: invocations of its consumer, messages that came for the first time, and messages that came again. */
export const QUEUE_COUNTS = ["batch", "message", "again"] as const;
export type QueueCount = (typeof QUEUE_COUNTS)[number];

/** What is produced, which costs are divided by: orders that were paid, and events of shoppers that were taken in. */
export type Product = "order" | "event";

export type CountKey =
  | `${Area}.${Billed}`
  | `cache.${CacheName}.${CacheCount}`
  | `queue.${QueueName}.${QueueCount}`
  | `done.${Product}`
  /** Time that callers waited for objects, in ms: what those were active for, at most. */
  | `${Area}.objectMs`
  /** Lines of log that are written for everything that goes well; `log.passed` were left out by sampling. */
  | "log.everyday"
  | "log.passed";

/** Sums of some time. What is left out was not seen. Flat, so that adding up needs no knowledge of what is in it. */
export type Counts = Readonly<Partial<Record<CountKey, number>>>;

export const countOf = (counts: Counts, key: CountKey): number => counts[key] ?? 0;

export function addCounts(a: Counts, b: Counts): Counts {
  const sum: Partial<Record<CountKey, number>> = { ...a };
  for (const [key, value] of entriesOf(b)) sum[key] = (sum[key] ?? 0) + value;
  return sum;
}

// SAFETY: keys of `Counts` are `CountKey`s; the library's type forgets it.
export const entriesOf = (counts: Counts): [CountKey, number][] => Object.entries(counts) as [CountKey, number][];

/** What was counted of an area, as it was counted. */
export const usageOf = (counts: Counts, area: Area): Usage =>
  Object.fromEntries(
    BILLED.flatMap((what) => {
      const used = counts[`${area}.${what}`];
      return used === undefined ? [] : [[what, used] as const];
    }),
  );
