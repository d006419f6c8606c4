import { setTimeout } from "node:timers/promises";
import Stripe from "stripe";
import type { AdminClient } from "../admin-client.ts";
import { movementOf } from "./movement.ts";
import { readSnapshot } from "./reader.ts";
import { reconcile, type Verdict } from "./reconcile.ts";
import type { Snapshot } from "./snapshot.ts";

export interface Finding {
  readonly snapshot: Snapshot;
  readonly verdict: Verdict;
  /** What was still under way when the last look was taken. */
  readonly moving: readonly string[];
}

const ASK_AGAIN_MS = 500;

/**
 * A shop that is open is read while it changes, so one look may find two halves that do not fit. What is found twice in a row in a shop
 * that does not move is really wrong; until then it is looked at again, for `waitSeconds`. A look at tens of thousands of orders takes minutes: with any
 * patience there is a second one.
 */
export async function auditShop(admin: AdminClient, stripe: Stripe, waitSeconds: number): Promise<Finding> {
  const giveUpAt = Date.now() + waitSeconds * 1_000;
  let before = "";
  for (let looks = 1; ; looks++) {
    const snapshot = await readSnapshot(admin, stripe);
    const verdict = reconcile(snapshot);
    const moving = movementOf(snapshot);
    const now = JSON.stringify(verdict.checks);
    const certain = moving.length === 0 && (verdict.balanced || now === before);
    const isPatient = looks === 1 && waitSeconds > 0;
    if (certain || (Date.now() >= giveUpAt && !isPatient)) return { snapshot, verdict, moving };
    before = now;
    await setTimeout(ASK_AGAIN_MS);
  }
}

/** The payment provider as the audit reads it. `base` is its address, e.g. that of the stand-in. */
export function stripeClient(base: string, key: string): Stripe {
  const { protocol: scheme, hostname, port: given } = new URL(base);
  const protocol = scheme === "https:" ? "https" : "http";
  const port = given || (protocol === "https" ? "443" : "80");
  return new Stripe(key, { host: hostname, port, protocol, maxNetworkRetries: 3, telemetry: false });
}
