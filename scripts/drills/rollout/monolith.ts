import { rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { type Bench, freePort } from "../../../bench/runtime/bench.ts";
import type { Running } from "../../../bench/runtime/processes.ts";
import { type Shop, type ShopOptions, startShop } from "../../../bench/runtime/shop.ts";
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
  options: Omit<ShopOptions, "vars"> = {},
): Promise<GuardedShop> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const shop = await startShop(bench, { ...options, vars: { ...DRILL_VARS, ...vars, LEGACY_ORIGIN: origin } });
  const journal = join(bench.directory, "monolith.journal");
  const env = {
    LEGACY_PORT: String(port),
    LEGACY_STATE: journal,
    STRIPE_API_BASE: shop.stripe,
    STRIPE_WEBHOOK_SECRET: SECRETS["STRIPE_WEBHOOK_SECRET"]?.local,
  };
  const ready = "Legacy stand-in listening on ";
  const start = () => bench.processes.start({ name: "the monolith", args: ["dev/legacy/index.ts"], env, ready });
  return { shop, monolith: new Monolith({ url: origin, journal, start }, await start()) };
}

const statsSchema = z.object({
  calls: z.record(z.string(), z.int()),
  orders: z.array(z.object({ id: z.string(), status: z.string() })),
});

interface Place {
  readonly url: string;
  readonly journal: string;
  readonly start: () => Promise<Running>;
}

/** The stand-in: its process, and its control path. */
export class Monolith {
  readonly #place: Place;
  #running: Running;

  constructor(place: Place, running: Running) {
    this.#place = place;
    this.#running = running;
  }

  /** SIGKILL. */
  kill(): Promise<void> {
    return this.#running.kill();
  }

  /** With the carts and orders that it had. */
  async startAgain(): Promise<void> {
    this.#running = await this.#place.start();
  }

  /** Without them. */
  async startAnew(): Promise<void> {
    await this.kill();
    rmSync(this.#place.journal, { force: true });
    await this.startAgain();
  }

  async stats(): Promise<z.infer<typeof statsSchema>> {
    const response = await fetch(`${this.#place.url}/_control/stats`);
    return statsSchema.parse(await response.json());
  }
}
