import * as z from "zod";
import type { Bench } from "../../../bench/runtime/bench.ts";
import { type Shop, startShop } from "../../../bench/runtime/shop.ts";
import { auditShop, type Finding, stripeClient } from "../../audit/finding.ts";
import { SECRETS } from "../../workers.ts";
import { type Accounts, accountsOf } from "./accounts.ts";
import { planOf } from "./plan.ts";
import { Shoppers } from "./shoppers.ts";
import { Strikes } from "./strikes.ts";

export interface Exercise {
  readonly orders: number;
  readonly seed: number;
  readonly progress: (text: string) => void;
}

export interface Findings {
  readonly seconds: number;
  readonly strikes: Readonly<Record<"abort" | "kill", number>>;
  /** How often each of the provider's faults struck: time-outs after the effect, 500s before it. */
  readonly faults: readonly number[];
  readonly repeats: number;
  readonly soldOut: number;
  readonly accounts: Accounts;
  readonly finding: Finding;
}

/** Of the scarce product there is less than is wanted, so that a unit which is sold twice shows. */
const SCARCE_UNITS_PER_ORDER = 0.08;
const PSP_TIMEOUT_MS = 600;
/** Far longer than a call that was sent takes to have its effect, here where the provider's own delay is known. */
const PSP_SETTLE_MS = 3_000;
const AUDIT_WAIT_S = 60;
const CHARGES = "^/v1/(payment_intents|refunds)$";
const SAY_EVERY = 5;

const levelSchema = z.object({ on_hand: z.int() });
const faultsSchema = z.object({ rules: z.array(z.object({ fired: z.int() })) });

/** A fifth of what moves money times out after its effect; of the rest an eighth, a tenth of all, fails before it. Webhooks come twice and late. */
const faultsOf = (seed: number): object => ({
  seed,
  rules: [
    { match: { method: "POST", path: CHARGES, probability: 0.2 }, effect: "timeout_after", ms: 2 * PSP_TIMEOUT_MS },
    { match: { method: "POST", path: CHARGES, probability: 0.125 }, effect: "error_before", status: 500 },
  ],
  // Late enough that a lost answer is not told by its webhook first.
  webhooks: { duplicate: 1, delay_ms: [500, 8_000], reorder: true },
});

export const startChaosShop = (bench: Bench): Promise<Shop> =>
  startShop(bench, {
    vars: {
      PSP_TIMEOUT_MS: String(PSP_TIMEOUT_MS),
      PSP_SETTLE_MS: String(PSP_SETTLE_MS),
      PSP_CALLS_PER_S: "100",
      PSP_BURST: "20",
    },
    breakable: true,
  });

/** Sells while everything breaks, then lets the shop come to rest and reads its books. */
export async function exercise(shop: Shop, { orders, seed, progress }: Exercise): Promise<Findings> {
  const { stories, strikes: planned } = planOf(seed, orders);
  const [scarce = ""] = shop.skus;
  await makeScarce(shop, scarce, Math.ceil(orders * SCARCE_UNITS_PER_ORDER));
  const shoppers = new Shoppers({ ...shop, skus: shop.skus.slice(1) }, scarce);
  const strikes = new Strikes(shop, planned);
  const began = Date.now();
  await control(shop, "POST", "/faults", faultsOf(seed));
  progress(`Selling ${orders} times while ${planned.length} times something breaks (seed ${seed}) ...`);
  await shoppers.visit(stories, (decided) => {
    strikes.tell(decided);
    if (decided % Math.ceil(orders / SAY_EVERY) === 0) progress(`  ${decided} decided`);
  });
  await Promise.all([strikes.over(), shoppers.goHome()]);
  progress("Waiting for every order to come to rest ...");
  await shoppers.rest();
  // What is still to be refunded meets the same faults; only the look at the end is spared.
  progress("Auditing ...");
  const key = SECRETS["STRIPE_SECRET_KEY"]?.local ?? "";
  const finding = await auditShop(shop.admin, stripeClient(shop.stripe, key), AUDIT_WAIT_S);
  const { rules } = await control(shop, "GET", "/faults");
  return {
    seconds: (Date.now() - began) / 1_000,
    strikes: strikes.done,
    faults: rules.map(({ fired }) => fired),
    repeats: shoppers.persistence.repeats,
    soldOut: shoppers.soldOut,
    accounts: accountsOf(shoppers.accepted, finding),
    finding,
  };
}

async function makeScarce({ admin }: Shop, sku: string, units: number): Promise<void> {
  const path = `/admin/v1/stock/${encodeURIComponent(sku)}`;
  const { on_hand: onHand } = await admin.get(path, levelSchema);
  await admin.post(`${path}/adjust`, { delta: units - onHand, reason: "scarce" }, `scarce:${sku}`);
}

async function control(
  shop: Shop,
  method: string,
  path: string,
  body?: unknown,
): Promise<z.infer<typeof faultsSchema>> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.headers = { "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const response = await fetch(`${shop.stripe}/_control${path}`, init);
  return faultsSchema.parse(await response.json());
}
