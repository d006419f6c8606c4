import type { Scenario } from "../scenario.ts";
import { DATABASE_DOWN } from "./database.ts";
import { ENRICHMENT_FAILS, ENRICHMENT_SLOW } from "./enrichment.ts";
import { LEGACY_DOWN } from "./monolith.ts";
import { STRIPE_DOWN, STRIPE_LIMITS, STRIPE_SLOW } from "./provider.ts";
import { CONSUMER_CRASHES, DUPLICATES, QUEUE_HANGS, QUEUE_REFUSES } from "./queues.ts";
import { CLOCK_JUMPS, RUNTIME_KILLED } from "./runtime.ts";
import { FLASH_SALE, SALE_WITHOUT_CATALOG, STRIPE_AND_SHARDS } from "./sale.ts";
import { abortedShard, SHARDS_REFUSE } from "./shards.ts";

/** In the order in which they are gone through. */
export const SCENARIOS: readonly Scenario[] = [
  ENRICHMENT_FAILS,
  ENRICHMENT_SLOW,
  abortedShard(),
  SHARDS_REFUSE,
  QUEUE_REFUSES,
  QUEUE_HANGS,
  CONSUMER_CRASHES,
  DUPLICATES,
  DATABASE_DOWN,
  STRIPE_DOWN,
  STRIPE_SLOW,
  STRIPE_LIMITS,
  RUNTIME_KILLED,
  CLOCK_JUMPS,
  FLASH_SALE,
  SALE_WITHOUT_CATALOG,
  STRIPE_AND_SHARDS,
  LEGACY_DOWN,
];
