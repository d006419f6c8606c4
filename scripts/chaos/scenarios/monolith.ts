import { stripeClient } from "../../audit/finding.ts";
import { chargesOf, unchargedOf } from "../../drills/rollout/charges.ts";
import { Flag } from "../../drills/rollout/flag.ts";
import { SECRETS } from "../../workers.ts";
import type { Aftermath, Scenario } from "../scenario.ts";

const CHARGED_WITHIN_MS = 30_000;
const SHARE_PERCENT = 50;
const REASON = "chaos: half of the shoppers are here";

/** Orders of the monolith are in no books of the shop: the provider knows whether each was charged, and once. */
async function wrongCharges({ world, load }: Aftermath): Promise<string[]> {
  const stripe = stripeClient(world.shop.stripe, SECRETS["STRIPE_SECRET_KEY"]?.local ?? "");
  const theirs = load.shoppers.accepted.filter(({ id }) => !id.startsWith("ord_"));
  const good = theirs.filter(({ kind }) => kind === "good_card").map(({ id }) => id);
  const [uncharged, { doubled }] = [await unchargedOf(stripe, good, CHARGED_WITHIN_MS), await chargesOf(stripe)];
  const own = load.shoppers.accepted.length - theirs.length;
  return [
    ...(theirs.length === 0 ? ["no order went to the monolith"] : []),
    ...(own === 0 ? ["no order came here"] : []),
    ...(uncharged.length > 0
      ? [`${uncharged.length} orders of the monolith were never charged, e.g. ${uncharged[0]}`]
      : []),
    ...(doubled.length > 0 ? [`${doubled.length} orders were charged twice, e.g. ${doubled[0]}`] : []),
  ];
}

export const LEGACY_DOWN: Scenario = {
  name: "legacy-down",
  fault: "the monolith that half of the shoppers use is killed, and back after 15 s",
  guarded: true,
  // A stand-in for a monolith has no refunds, no stock, and nobody who pays later.
  load: { kinds: ["good_card"] },
  faultMs: 15_000,
  prepare: async ({ shop }) => {
    await new Flag(shop.admin, "cart.write").climbTo(SHARE_PERCENT, REASON);
    await new Flag(shop.admin, "checkout.write").climbTo(100, "chaos: who has a cart here buys here");
  },
  inject: async ({ world }) => world.monolith?.kill(),
  heal: async ({ world }) => world.monolith?.startAgain(),
  // Its failures are none of the new path: a guard that took them for its own would send everybody to what is down.
  expect: [],
  never: [
    { subject: /^(?:cart|checkout)\.write$/, kind: "rolled_back" },
    { subject: /^(?:ingest|enrich|aggregate|orders|payments)/ },
  ],
  also: wrongCharges,
};
