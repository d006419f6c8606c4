import { ENRICHMENT_FAILS } from "./enrichment.ts";
import { SHARDS_REFUSE } from "./shards.ts";
import { STRIPE_DOWN } from "./provider.ts";
import type { Scenario } from "../scenario.ts";

const RUSH = 10;
const MINUTE_MS = 60_000;

export const FLASH_SALE: Scenario = {
  name: "flash-sale",
  fault: `${RUSH} times as many shoppers and events for a minute, and a product that all of them want`,
  load: { scarceUnits: 50 },
  faultMs: MINUTE_MS,
  inject: ({ load }) => load.times(RUSH),
  heal: ({ load }) => load.times(1),
  expect: [{ subject: /^stock_out$/, kind: "alert" }],
  never: [{ subject: /^(?:ingest|enrich|aggregate|orders|payments)/ }],
};

/** Dashboards keep moving. */
const BOARD_STILL_MAX_MS = 5_000;

export const SALE_WITHOUT_CATALOG: Scenario = {
  ...ENRICHMENT_FAILS,
  name: "sale+enrichment",
  fault: `enrichment dies in a flash sale of ${RUSH} times the load`,
  load: { scarceUnits: 50, freshPerS: 1 },
  faultMs: 20_000,
  inject: async (stage) => {
    stage.load.times(RUSH);
    await ENRICHMENT_FAILS.inject(stage);
  },
  heal: async (stage) => {
    await ENRICHMENT_FAILS.heal(stage);
    stage.load.times(1);
  },
  also: async (after) => [
    ...((await ENRICHMENT_FAILS.also?.(after)) ?? []),
    ...(after.boardStillMs > BOARD_STILL_MAX_MS ? [`the board stood still for ${after.boardStillMs} ms`] : []),
  ],
};

export const STRIPE_AND_SHARDS: Scenario = {
  name: "stripe+shards",
  fault: "Stripe is away and every shard refuses, at the same time",
  faultMs: 15_000,
  inject: async (stage) => {
    await STRIPE_DOWN.inject(stage);
    await SHARDS_REFUSE.inject(stage);
  },
  heal: async (stage) => {
    await STRIPE_DOWN.heal(stage);
    await SHARDS_REFUSE.heal(stage);
  },
  expect: SHARDS_REFUSE.expect,
  never: [{ subject: /^(?:ingest|orders)$/ }],
};
