import * as z from "zod";
import { type Bench, freePort } from "../../../bench/runtime/bench.ts";
import { type Shop, startShop } from "../../../bench/runtime/shop.ts";
import { SECRETS } from "../../workers.ts";

/** A shop in front of the stand-in for a monolith, both charging through the same provider. */
export interface GuardedShop {
  readonly shop: Shop;
  readonly monolith: Monolith;
}

/** Every cart's requests are mirrored in the shadow, and a rung takes seconds: a drill has less time than a shop. */
const DRILL_VARS = { MIRROR_SHARE: "10000", FLAG_DWELL_MS: "3000" };

export async function startGuardedShop(
  bench: Bench,
  vars: Readonly<Record<string, string>> = {},
): Promise<GuardedShop> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const shop = await startShop(bench, { vars: { ...DRILL_VARS, ...vars, LEGACY_ORIGIN: origin } });
  const env = {
    LEGACY_PORT: String(port),
    STRIPE_API_BASE: shop.stripe,
    STRIPE_WEBHOOK_SECRET: SECRETS["STRIPE_WEBHOOK_SECRET"]?.local,
  };
  const ready = "Legacy stand-in listening on ";
  await bench.processes.start({ name: "the monolith", args: ["dev/legacy/index.ts"], env, ready });
  return { shop, monolith: new Monolith(origin) };
}

const statsSchema = z.object({
  calls: z.record(z.string(), z.int()),
  orders: z.array(z.object({ id: z.string(), status: z.string() })),
});

/** The stand-in's control path. */
export class Monolith {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async stats(): Promise<z.infer<typeof statsSchema>> {
    const response = await fetch(`${this.#url}/_control/stats`);
    return statsSchema.parse(await response.json());
  }
}
