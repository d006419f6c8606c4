import { parseArgs } from "node:util";
import { setTimeout } from "node:timers/promises";
import Stripe from "stripe";
import { AdminClient } from "./admin-client.ts";
import { movementOf } from "./audit/movement.ts";
import { readSnapshot } from "./audit/reader.ts";
import { reconcile, type Verdict } from "./audit/reconcile.ts";
import { renderTable } from "./audit/report.ts";
import type { Snapshot } from "./audit/snapshot.ts";
import { SECRETS } from "./workers.ts";

/**
 * `npm run audit [-- --url URL --wait SECONDS --json]`: reads every order, every SKU and every PaymentIntent, and says whether the books
 * agree. Ends with 1 when they do not, with 2 when they could not be read.
 */
interface Finding {
  readonly snapshot: Snapshot;
  readonly verdict: Verdict;
  readonly moving: readonly string[];
}

const ASK_AGAIN_MS = 500;
const EXIT_UNBALANCED = 1;
const EXIT_UNREADABLE = 2;

try {
  const { url, wait, json } = readOptions();
  const finding = await audit(url, wait);
  print(finding, json);
  process.exitCode = finding.verdict.balanced ? 0 : EXIT_UNBALANCED;
} catch (error) {
  console.error(`The audit could not be made: ${explain(error)}`);
  process.exitCode = EXIT_UNREADABLE;
}

/** A refused connection says so only in its cause. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message || error.cause.name})` : "";
  return `${error.message}${cause}. Is the shop running, and is the payment provider at STRIPE_API_BASE?`;
}

function readOptions(): { url: string; wait: number; json: boolean } {
  const { values } = parseArgs({
    options: {
      url: { type: "string", default: "http://localhost:8787" },
      wait: { type: "string", default: "30" },
      json: { type: "boolean", default: false },
    },
  });
  const wait = Number(values.wait);
  if (!(wait >= 0)) throw new Error(`--wait is "${values.wait}", not a number of seconds`);
  return { ...values, wait };
}

/**
 * A shop that is open is read while it changes, so one look may find two halves that do not fit. What is found twice in a row in a shop
 * that does not move is really wrong; until then it is looked at again, for `wait` seconds.
 */
async function audit(url: string, waitSeconds: number): Promise<Finding> {
  const admin = new AdminClient(url, process.env["ADMIN_KEY"] || (SECRETS["ADMIN_KEY"]?.local ?? ""));
  const stripe = stripeClient();
  const giveUpAt = Date.now() + waitSeconds * 1_000;
  let before = "";
  for (;;) {
    const snapshot = await readSnapshot(admin, stripe);
    const verdict = reconcile(snapshot);
    const moving = movementOf(snapshot);
    const now = JSON.stringify(verdict.checks);
    const certain = moving.length === 0 && (verdict.balanced || now === before);
    if (certain || Date.now() >= giveUpAt) return { snapshot, verdict, moving };
    before = now;
    await setTimeout(ASK_AGAIN_MS);
  }
}

function stripeClient(): Stripe {
  const base = new URL(process.env["STRIPE_API_BASE"] || "http://127.0.0.1:12111");
  const protocol = base.protocol === "https:" ? "https" : "http";
  const port = base.port || (protocol === "https" ? "443" : "80");
  const key = process.env["STRIPE_SECRET_KEY"] || (SECRETS["STRIPE_SECRET_KEY"]?.local ?? "");
  return new Stripe(key, { host: base.hostname, port, protocol, maxNetworkRetries: 3, telemetry: false });
}

function print({ snapshot, verdict, moving }: Finding, json: boolean): void {
  if (!json) {
    console.log(renderTable(verdict, snapshot, moving));
    return;
  }
  const { orders, stock, intents } = snapshot;
  const read = { orders: orders.length, skus: stock.length, payment_intents: intents.length };
  console.log(JSON.stringify({ ...verdict, read, moving }, null, 2));
}
