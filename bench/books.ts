import { auditShop, stripeClient } from "../scripts/audit/finding.ts";
import { SECRETS } from "../scripts/workers.ts";
import type { Shop } from "./runtime/shop.ts";

const WAIT_S = 20;

/** Throws when the books of a shop do not agree after all that was done to it: a rate of wrong purchases says nothing. */
export async function checkBooks({ admin, stripe }: Shop): Promise<void> {
  const finding = await auditShop(admin, stripeClient(stripe, SECRETS["STRIPE_SECRET_KEY"]?.local ?? ""), WAIT_S);
  if (finding.verdict.balanced) return;
  const wrong = finding.verdict.checks.filter((check) => check.wrong.length > 0);
  throw new Error(`the shop is not balanced: ${JSON.stringify(wrong)}`);
}
