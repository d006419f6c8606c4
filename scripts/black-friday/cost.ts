import * as z from "zod";
import type { Venue } from "./venue.ts";

/** Dollars at list prices. `null`: it was not counted, and is not guessed. */
export interface Cost {
  readonly perThousandEvents: number | null;
  readonly perOrder: number | null;
  /** What these figures are of. */
  readonly note: string;
}

const billSchema = z.object({ dollars: z.number() });
/** As far as it is read here. The counts of both figures come together, so that what has not been told yet is missing in both. */
const costsSchema = z.object({
  prices_as_of: z.string(),
  per_order: billSchema.nullable(),
  per_1000_events: billSchema.nullable(),
});

/** What the shop itself counted in the last hour: requests, object calls, rows, messages, at Cloudflare's list prices. */
export async function readCost({ admin }: Pick<Venue, "admin">): Promise<Cost> {
  const costs = await admin.find("/admin/v1/costs?hours=1", costsSchema);
  if (!costs) return { perThousandEvents: null, perOrder: null, note: "this shop does not count what it uses" };
  return {
    perThousandEvents: costs.per_1000_events?.dollars ?? null,
    perOrder: costs.per_order?.dollars ?? null,
    note: `as the shop counts it, list prices of ${costs.prices_as_of}; an order with all browsing and abandoned carts`,
  };
}
