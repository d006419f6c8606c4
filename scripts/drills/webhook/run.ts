import { setTimeout } from "node:timers/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Shop } from "../../../bench/runtime/shop.ts";
import { auditShop, type Finding, stripeClient } from "../../audit/finding.ts";
import { SECRETS } from "../../workers.ts";
import { ROOT } from "../../wrangler.ts";
import { type DecisionState, Flag, type FlagState } from "../rollout/flag.ts";
import type { GuardedShop } from "../rollout/monolith.ts";
import { BrowserShoppers } from "./shoppers.ts";

export interface Cause {
  readonly reason: string;
  readonly path: string;
  readonly note: string;
  readonly count: number;
}

export interface Findings {
  readonly rolledBack: FlagState;
  /** From the first event that was not understood to the decision, in ms. */
  readonly decidedAfterMs: number;
  readonly causes: readonly Cause[];
  readonly replayed: { readonly understood: number; readonly waiting: number };
  readonly climbedTo: FlagState;
  readonly decisions: readonly DecisionState[];
  readonly chainIntact: boolean;
  readonly orders: number;
  readonly unpaid: readonly string[];
  readonly finding: Finding;
}

const FLAG = "payment.webhook";
const HEALTHY_ORDERS = 20;
const AFTER_ORDERS = 10;
const ORDERS_MAX = 60;
const AUDIT_WAIT_S = 60;
const REPLAY_BATCH = 50;

/** The incident of the case study: an event's field is called otherwise from one day to the next, under another API version. */
const ANOTHER_VERSION = {
  webhooks: {
    types: ["payment_intent.succeeded"],
    rename_fields: { amount_received: "amount_captured" },
    api_version: "2031-01-01.next",
  },
};

export async function exercise({ shop }: GuardedShop, progress: (text: string) => void): Promise<Findings> {
  const flag = new Flag(shop.admin, FLAG);
  const shoppers = new BrowserShoppers(shop);
  progress("Carts and checkouts are the shop's; webhooks go to 100 % by a person's hand.");
  for (const key of ["cart.write", "checkout.write"]) await new Flag(shop.admin, key).climbTo(100, "drill");
  await flag.climbTo(100, "drill");
  // What the front door was told before holds for some seconds.
  await setTimeout(11_000);
  await shoppers.buy(HEALTHY_ORDERS);
  progress(`  ${HEALTHY_ORDERS} orders were paid in the browser: S is ${(await flag.read()).guard.s}`);

  progress("Stripe begins to send another API version ...");
  await control(shop, "POST", "/faults", ANOTHER_VERSION);
  while ((await flag.read()).state !== "rolled_back" && shoppers.orders.length < ORDERS_MAX) await shoppers.buy(1);
  const rolledBack = await flag.read();
  progress(
    `  ${rolledBack.state} after ${shoppers.orders.length - HEALTHY_ORDERS} more orders; ${AFTER_ORDERS} more come now`,
  );
  await shoppers.buy(AFTER_ORDERS);
  const unpaidBefore = await shoppers.unpaid();
  const causes = await causesOf(shop);

  progress("The reader is taught the new name and deployed; what was rejected is replayed ...");
  // The queues live in the runtime, which is restarted: what is in them would be lost.
  await shop.settle(shoppers.orders.length - unpaidBefore.length);
  await shop.redeploy("payments", { "./webhook-readers.ts": join(ROOT, "test/support/taught-readers.ts") });
  const replayed = await replay(shop);
  await flag.command("rearm", "the reader knows both names");
  await flag.climbTo(100, "drill");
  await shoppers.buy(AFTER_ORDERS);
  const climbedTo = await flag.until(({ evidence }) => (evidence?.operations ?? 0) > 0, 20_000);

  progress("Following every order, and auditing ...");
  const unpaid = [...unpaidBefore, ...(await shoppers.unpaid())];
  const stripe = stripeClient(shop.stripe, SECRETS["STRIPE_SECRET_KEY"]?.local ?? "");
  const finding = await auditShop(shop.admin, stripe, AUDIT_WAIT_S);
  const { all: decisions, intact: chainIntact } = await flag.decisions();
  const first = Math.min(...rolledBack.errors.map(({ at }) => Date.parse(at)));
  const decided = decisions.find(({ kind }) => kind === "rolled_back");
  return {
    rolledBack,
    decidedAfterMs: decided ? Date.parse(decided.at) - first : Number.NaN,
    causes,
    replayed,
    climbedTo,
    decisions,
    chainIntact,
    orders: shoppers.orders.length,
    unpaid,
    finding,
  };
}

const causesSchema = z.object({
  data: z.array(
    z.object({
      cause: z.string(),
      reason: z.string(),
      path: z.string().nullish(),
      note: z.string().nullish(),
      count: z.int(),
      waiting: z.int(),
    }),
  ),
});
const CAUSES = "/admin/v1/webhooks/rejected/causes";

async function causesOf(shop: Shop): Promise<Cause[]> {
  const { data } = await shop.admin.get(CAUSES, causesSchema);
  return data.map(({ reason, path, note, count }) => ({ reason, path: path ?? "", note: note ?? "", count }));
}

async function replay(shop: Shop): Promise<Findings["replayed"]> {
  const sum = { understood: 0, waiting: 0 };
  const { data } = await shop.admin.get(CAUSES, causesSchema);
  for (const { cause } of data.filter(({ waiting }) => waiting > 0)) {
    const answer = await shop.admin.post(`${CAUSES}/${cause}/replay`, { limit: REPLAY_BATCH }, `drill:${cause}`);
    const { understood, waiting } = z.object({ understood: z.int(), waiting: z.int() }).parse(answer);
    sum.understood += understood;
    sum.waiting += waiting;
  }
  return sum;
}

async function control(shop: Shop, method: string, path: string, body: unknown): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${shop.stripe}/_control${path}`, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`the stand-in answered ${response.status}: ${await response.text()}`);
}
