import { parseArgs } from "node:util";
import { AdminClient } from "./admin-client.ts";
import { auditShop, type Finding, stripeClient } from "./audit/finding.ts";
import { renderTable } from "./audit/report.ts";
import { SECRETS } from "./workers.ts";

/**
 * `npm run --silent audit [-- --url URL --wait SECONDS --json]`: reads every order, every SKU and every PaymentIntent, and says whether the books
 * agree. Ends with 1 when they do not, with 2 when they could not be read.
 */
const EXIT_UNBALANCED = 1;
const EXIT_UNREADABLE = 2;

try {
  const { url, wait, json } = readOptions();
  const admin = new AdminClient(url, process.env["ADMIN_KEY"] || (SECRETS["ADMIN_KEY"]?.local ?? ""));
  const key = process.env["STRIPE_SECRET_KEY"] || (SECRETS["STRIPE_SECRET_KEY"]?.local ?? "");
  const stripe = stripeClient(process.env["STRIPE_API_BASE"] || "http://127.0.0.1:12111", key);
  const finding = await auditShop(admin, stripe, wait);
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

function print({ snapshot, verdict, moving }: Finding, json: boolean): void {
  if (!json) {
    console.log(renderTable(verdict, snapshot, moving));
    return;
  }
  const { orders, stock, intents } = snapshot;
  const read = { orders: orders.length, skus: stock.length, payment_intents: intents.length };
  console.log(JSON.stringify({ ...verdict, read, moving }, null, 2));
}
