import { cpSync, rmSync } from "node:fs";
import type { Bench } from "../../bench/runtime/bench.ts";
import { type Shop, startShop } from "../../bench/runtime/shop.ts";
import { waitForRest } from "../drills/events/observe.ts";
import { type Monolith, startGuardedShop } from "../drills/rollout/monolith.ts";
import { UnkindQueues } from "./unkind-queues.ts";

export interface WorldOptions {
  readonly seed: number;
  /** Whether the shop stands in front of a monolith. */
  readonly guarded: boolean;
  /** Products that nobody has looked at, so that the catalog has to be asked for them while it is sick. */
  readonly fresh?: number;
}

const FRESH = 480;
export const FRESH_CATEGORY = "chaos";
const AT_ONCE = 8;
/** Far longer than the provider's stand-in takes to do what it was sent; what a shop leaves to real Stripe is an hour's wait for a drill. */
const VARS = { PSP_TIMEOUT_MS: "1500", PSP_SETTLE_MS: "3000", PSP_CALLS_PER_S: "100", PSP_BURST: "20" } as const;

/** A shop whose every seam can be told to fail, and that begins each scenario as if nothing had ever happened. */
export class World {
  readonly shop: Shop;
  readonly queues: UnkindQueues;
  readonly monolith: Monolith | undefined;
  readonly freshSkus: readonly string[];
  readonly #pristine: string;

  private constructor({
    shop,
    queues,
    monolith,
    freshSkus,
  }: Pick<World, "shop" | "queues" | "monolith" | "freshSkus">) {
    this.shop = shop;
    this.queues = queues;
    this.monolith = monolith;
    this.freshSkus = freshSkus;
    this.#pristine = `${shop.state}.pristine`;
  }

  static async open(bench: Bench, { seed, guarded, fresh = FRESH }: WorldOptions): Promise<World> {
    const queues = new UnkindQueues(seed);
    const options = { queues: await queues.open(), faulty: true };
    const { shop, monolith } = guarded
      ? await startGuardedShop(bench, VARS, options)
      : { shop: await startShop(bench, { ...options, vars: VARS }), monolith: undefined };
    const freshSkus = Array.from({ length: fresh }, (_, n) => `FRESH-${n}`);
    const world = new World({ shop, queues, monolith, freshSkus });
    await putProducts(shop, world.freshSkus);
    await waitForRest(shop, queues.now);
    await shop.runtime.kill();
    cpSync(shop.state, world.#pristine, { recursive: true });
    return world;
  }

  /** The shop as it was when it opened, and everybody around it without a memory. */
  async begin(): Promise<void> {
    const { shop, monolith, queues } = this;
    await shop.runtime.kill();
    rmSync(shop.state, { recursive: true, force: true });
    cpSync(this.#pristine, shop.state, { recursive: true });
    await this.provider("POST", "/reset");
    await this.limitProvider(null);
    await monolith?.startAnew();
    await queues.open();
    await shop.runtime.startAgain();
  }

  /** The control path of the provider's stand-in. */
  async provider(method: "POST" | "DELETE", path: string, body?: object): Promise<void> {
    const init: RequestInit = { method };
    if (body !== undefined) {
      init.headers = { "content-type": "application/json" };
      init.body = JSON.stringify(body);
    }
    const { ok, status } = await fetch(`${this.shop.stripe}/_control${path}`, init);
    if (!ok) throw new Error(`the provider's stand-in answered ${status} to ${method} ${path}`);
  }

  /** Requests per second, above which it answers 429. */
  limitProvider(perSecond: number | null): Promise<void> {
    return this.provider("POST", "/rate-limit", { writes_per_s: perSecond, reads_per_s: perSecond });
  }

  close(): Promise<void> {
    return this.queues.close();
  }
}

async function putProducts({ origin, adminKey }: Shop, skus: readonly string[]): Promise<void> {
  const headers = { authorization: `Bearer ${adminKey}`, "content-type": "application/json" };
  const price = { amount: 1_000, currency: "USD" };
  const body = JSON.stringify({ name: "Fresh", category: FRESH_CATEGORY, brand: "Chaos", price });
  const rest = skus.values();
  const lane = async (): Promise<void> => {
    for (const sku of rest) {
      const { ok, status } = await fetch(`${origin}/admin/v1/products/${sku}`, { method: "PUT", headers, body });
      if (!ok) throw new Error(`the product ${sku} was answered ${status}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
