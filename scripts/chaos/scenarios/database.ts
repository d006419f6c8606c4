import type { Scenario } from "../scenario.ts";
import type { World } from "../world.ts";

/** Somebody has looked at every product before: a shop's caches are not empty when its database goes away. */
async function browse({ shop }: World): Promise<void> {
  for (const sku of shop.skus) await fetch(`${shop.origin}/v1/products/${encodeURIComponent(sku)}`);
}

export const DATABASE_DOWN: Scenario = {
  name: "d1-down",
  fault: "D1 refuses every statement of every Worker",
  load: { freshPerS: 6 },
  faultMs: 15_000,
  prepare: browse,
  inject: ({ world }) => world.shop.runtime.setFaults({ database: { effect: "fail" } }),
  heal: ({ world }) => world.shop.runtime.setFaults({}),
  expect: [
    { subject: /^enrich$/, kind: "opened" },
    { subject: /^orders$/, kind: "opened" },
    { subject: /^enrich$/, kind: "closed" },
  ],
  never: [{ subject: /^(?:ingest|aggregate\/.*)$/ }],
};
