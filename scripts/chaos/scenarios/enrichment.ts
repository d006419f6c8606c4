import * as z from "zod";
import type { Aftermath, Scenario } from "../scenario.ts";
import { FRESH_CATEGORY } from "../world.ts";

const ANALYTICS = "breakwater-analytics";
/** The look-up of the enricher; write keys and the mirror of stock levels go on. */
const LOOK_UP = String.raw`SELECT sku, name, category, brand, image FROM products`;
/** Beyond the stage's own patience, which is half a second. */
const SLOW_MS = 2_000;
/** New products are what the catalog is asked about, and what probes are made with. */
const LOAD = { freshPerS: 6 };
const BYPASSED = { subject: /^enrich$/, kind: "opened", withinMs: 5_000 } as const;

const pageSchema = z.object({
  data: z.array(z.object({ sku: z.string(), category: z.string() })),
  next_cursor: z.string().nullable(),
});
const HEALED_TIMEOUT_MS = 120_000;
const LOOK_EVERY_MS = 1_000;

/** Which of the products that were met while the catalog was sick still go by no category. Totals are compared by the runner, to the event. */
async function namesThatDidNotHeal({ world, load }: Aftermath): Promise<string[]> {
  const giveUpAt = Date.now() + HEALED_TIMEOUT_MS;
  for (;;) {
    const unknown: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const at: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page: z.infer<typeof pageSchema> = await world.shop.admin.get(
        `/admin/v1/analytics/products?limit=100${at}`,
        pageSchema,
      );
      const fresh = page.data.filter(({ sku }) => load.plan.books.views.has(sku));
      unknown.push(...fresh.filter(({ sku, category }) => isUnnamed(sku, category)).map(({ sku }) => sku));
      cursor = page.next_cursor;
    }
    if (unknown.length === 0) return [];
    if (Date.now() > giveUpAt) return [`${unknown.length} products have no category yet, e.g. ${unknown[0]}`];
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

const isUnnamed = (sku: string, category: string): boolean =>
  category === "unknown" || (sku.startsWith("FRESH-") && category !== FRESH_CATEGORY);

export const ENRICHMENT_FAILS: Scenario = {
  name: "enrichment-fails",
  fault: "the catalog refuses the look-ups of new products",
  load: LOAD,
  faultMs: 12_000,
  inject: ({ world }) =>
    world.shop.runtime.setFaults({ database: { effect: "fail", worker: ANALYTICS, matching: LOOK_UP } }),
  heal: ({ world }) => world.shop.runtime.setFaults({}),
  expect: [BYPASSED, { subject: /^enrich$/, kind: "closed" }],
  also: namesThatDidNotHeal,
};

export const ENRICHMENT_SLOW: Scenario = {
  ...ENRICHMENT_FAILS,
  name: "enrichment-slow",
  fault: `the catalog takes ${SLOW_MS / 1_000} s for look-ups of new products`,
  inject: ({ world }) =>
    world.shop.runtime.setFaults({ database: { effect: "slow", ms: SLOW_MS, worker: ANALYTICS, matching: LOOK_UP } }),
};
