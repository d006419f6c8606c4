import { setTimeout } from "node:timers/promises";
import { auditShop, type Finding, stripeClient } from "../../audit/finding.ts";
import { SECRETS } from "../../workers.ts";
import { Shoppers } from "../backlog/shoppers.ts";
import { chargesOf, unchargedOf } from "../rollout/charges.ts";
import { type DecisionState, Flag, type FlagState } from "../rollout/flag.ts";
import type { GuardedShop } from "../rollout/monolith.ts";
import { Failures, type Reach } from "./failures.ts";

export interface Findings extends Reach {
  readonly rolledBack: FlagState;
  readonly observed: FlagState;
  readonly decisions: readonly DecisionState[];
  readonly chainIntact: boolean;
  readonly orders: { readonly edge: number; readonly legacy: number };
  readonly shopperErrors: string[];
  readonly uncharged: readonly string[];
  readonly doubled: readonly string[];
  readonly finding: Finding;
  readonly requestsPerSecond: number;
}

/** A purchase is a new cart, a line and a checkout. */
const REQUESTS_PER_PURCHASE = 3;
/** The evidence for one rung, a quarter of which goes the new way. */
const CLIMB_ORDERS = 40;
const CLIMB_TIMEOUT_MS = 240_000;
const ROLLBACK_TIMEOUT_MS = 60_000;
const AFTER_MS = 16_000;
const SETTLE_MS = 60_000;
const AUDIT_WAIT_S = 60;

/** Climbs to 50 % on evidence, breaks the new path while shoppers keep coming, and follows every one of them to the end. */
export async function exercise(
  { shop, monolith }: GuardedShop,
  { rate, progress }: { readonly rate: number; readonly progress: (text: string) => void },
): Promise<Findings> {
  const [carts, checkouts] = [new Flag(shop.admin, "cart.write"), new Flag(shop.admin, "checkout.write")];
  const shoppers = new Shoppers(shop);
  try {
    progress("cart.write goes to 100 % by a person's hand: this drill is about checkouts.");
    await carts.climbTo(100, "the drill needs the shop's own carts");
    await climb(checkouts, shoppers, progress);

    const perSecond = rate / REQUESTS_PER_PURCHASE;
    progress(
      `${rate} requests per second; at ${(await checkouts.read()).share_percent} % every checkout begins to throw ...`,
    );
    const stream = shoppers.stream(perSecond);
    const streamedFrom = shoppers.accepted.length;
    const streamedAt = Date.now();
    await setTimeout(2_000);
    await checkouts.rehearse("throw", "drill: every checkout throws");
    const failures = new Failures();
    const rolledBack = await checkouts.until(({ state, errors }) => {
      failures.see(errors);
      return state === "rolled_back";
    }, ROLLBACK_TIMEOUT_MS);
    progress(`  ${rolledBack.state}; watching for another ${AFTER_MS / 1_000} s ...`);
    await setTimeout(AFTER_MS);
    const shopperErrors: string[] = [];
    await stream.stop().catch((error: unknown) => void shopperErrors.push(String(error)));
    const purchases = shoppers.accepted.length - streamedFrom;
    const streamedS = (Date.now() - streamedAt) / 1_000;
    const observed = await checkouts.until(({ effect }) => effect?.verdict !== null, ROLLBACK_TIMEOUT_MS);
    failures.see(observed.errors);

    progress("Following every order to its charge, and auditing ...");
    const stripe = stripeClient(shop.stripe, SECRETS["STRIPE_SECRET_KEY"]?.local ?? "");
    const uncharged = await unchargedOf(stripe, shoppers.accepted, SETTLE_MS);
    const finding = await auditShop(shop.admin, stripe, AUDIT_WAIT_S);
    const { all: decisions, intact: chainIntact } = await checkouts.decisions();
    const legacy = (await monolith.stats()).orders.length;
    return {
      ...failures.reach(observed, decisions),
      rolledBack,
      observed,
      decisions,
      chainIntact,
      orders: { edge: shoppers.accepted.filter((id) => id.startsWith("ord_")).length, legacy },
      shopperErrors,
      uncharged,
      doubled: (await chargesOf(stripe)).doubled,
      finding,
      requestsPerSecond: (purchases * REQUESTS_PER_PURCHASE) / streamedS,
    };
  } finally {
    shoppers.leave();
  }
}

async function climb(checkouts: Flag, shoppers: Shoppers, progress: (text: string) => void): Promise<void> {
  await checkouts.command("start", "drill");
  const climbBy = async (test: (flag: FlagState) => boolean, what: string): Promise<void> => {
    const giveUpAt = Date.now() + CLIMB_TIMEOUT_MS;
    for (;;) {
      const flag = await checkouts.read();
      if (test(flag)) return progress(`  ${what}: passed on evidence`);
      if (Date.now() > giveUpAt)
        throw new Error(`${what} did not pass: ${flag.blocked_by.map(({ text }) => text).join("; ")}`);
      const { operations = 0, operations_needed: needed = 0 } = flag.evidence ?? {};
      progress(`  ${what}: ${operations} of ${needed} operations`);
      await shoppers.rush(CLIMB_ORDERS);
    }
  };
  progress("checkout.write in the shadow: the monolith answers, the shop computes along ...");
  await climbBy(({ share_percent }) => share_percent > 0, "shadow");
  progress("  1 % and 5 % are advanced by a person: on one machine they would take the traffic of hours");
  await checkouts.command("advance", "drill: too little traffic for evidence at 1 %");
  await checkouts.command("advance", "drill: too little traffic for evidence at 5 %");
  await climbBy(({ share_percent }) => share_percent >= 50, "25 %");
}
