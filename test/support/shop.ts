import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestHarness, type TestHarness } from "wrangler";
import { createLegacyStandin, type LegacyStandin } from "../../dev/legacy/server.ts";
import { createStripeStandin, type StripeStandin } from "../../dev/stripe/server.ts";
import { deriveConfigs } from "../../scripts/config.ts";
import { localWriteKeys } from "../../scripts/start/write-keys.ts";
import { LOCAL_VARS, SECRETS, type WorkerName, WORKERS } from "../../scripts/workers.ts";
import { ROOT } from "../../scripts/wrangler.ts";
import { ShopClient } from "./client.ts";

export interface ShopOptions {
  /** Vars by name; each Worker takes those that its wrangler.toml declares. */
  readonly vars?: Readonly<Record<string, string>>;
  /** A folder to serve instead of `public/`, as `npm start` has one; the write key that its pages use is then there as well. */
  readonly assets?: string;
  /** With the stand-in for a monolith behind it. */
  readonly legacy?: boolean;
}

/** A whole shop: all Workers from their production build, and a Stripe stand-in over HTTP. */
export interface Shop {
  readonly client: ShopClient;
  readonly harness: TestHarness;
  readonly stripe: StripeStandin;
  readonly legacy: LegacyStandin | undefined;
  close(): Promise<void>;
}

/** Which Worker reads which var, so that a test names a var once. */
const VARS: Readonly<Record<string, readonly string[]>> = {
  storefront: [
    "CLIENT_RATE_LIMIT",
    "SHIPPING_FLAT",
    "SHIPPING_FREE_FROM",
    "CORS_ORIGINS",
    "LEGACY_ORIGIN",
    "LEGACY_READS",
    "LEGACY_TIMEOUT_MS",
    "MIRROR_SHARE",
    "FEATURE_FLAGS",
  ],
  objects: [
    "ORDER_EXPIRY_MS",
    "CART_IDLE_MS",
    "FLAG_DWELL_MS",
    "FLAG_STALL_MS",
    "PSP_CALLS_PER_S",
    "PSP_BURST",
    "STOCK_LOW_BELOW",
    "STOCK_LOW_CLEAR",
    "WEBHOOK_TARGETS",
    "WEBHOOK_RETRY_SCALE",
    "WEBHOOK_DISABLE_AFTER_MS",
  ],
  analytics: ["CLIENT_RATE_LIMIT"],
  payments: ["STRIPE_API_BASE", "PSP_SETTLE_MS", "PSP_TIMEOUT_MS"],
  ops: ["CONSOLE_ORIGINS", "LEGACY_ORIGIN", "FEATURE_FLAGS"],
};

export async function startShop({ vars = {}, assets, legacy: hasLegacy = false }: ShopOptions = {}): Promise<Shop> {
  const stripe = await createStripeStandin({ port: 0 });
  const legacy = hasLegacy ? await createLegacyStandin({ port: 0, stripeApiBase: stripe.url }) : undefined;
  const origin = { ...LOCAL_VARS, ...(legacy && { LEGACY_ORIGIN: legacy.url }) };
  const values: Record<string, string> = { CLIENT_RATE_LIMIT: "off", STRIPE_API_BASE: stripe.url, ...origin, ...vars };
  const derived = assets === undefined ? undefined : deriveConfigs({ directory: temporaryFolder(), assets });
  const harness = createTestHarness({
    root: ROOT,
    workers: WORKERS.toReversed().map((worker) => ({
      configPath: derived?.[worker.name] ?? worker.config,
      vars: pick(values, VARS[worker.name] ?? []),
      secrets: localSecrets(worker.name),
    })),
  });
  const { url } = await harness.listen();
  await harness.getWorker().applyD1Migrations("DB");
  if (assets !== undefined) await addLocalWriteKeys(harness);
  await addWebhookEndpoint(stripe, new URL("/webhooks/stripe", url));
  return {
    client: new ShopClient(url.origin, stripe.url, localSecrets("ops")["ADMIN_KEY"] ?? ""),
    harness,
    stripe,
    legacy,
    async close() {
      await harness.close();
      await legacy?.close();
      await stripe.close();
    },
  };
}

async function addLocalWriteKeys(harness: TestHarness): Promise<void> {
  const worker = harness.getWorker<{ DB: { exec: (sql: string) => Promise<unknown> } }>("breakwater-ops");
  await (await worker.getEnv()).DB.exec(localWriteKeys(Date.now()));
}

const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), "breakwater-shop-"));

const localSecrets = (worker: WorkerName): Record<string, string> =>
  Object.fromEntries(
    Object.entries(SECRETS).flatMap(([name, secret]) => (secret.worker === worker ? [[name, secret.local]] : [])),
  );

const pick = (values: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])));

/** The shop's address is only known once it runs, so its endpoint is added then and gets the secret that payments already has. */
async function addWebhookEndpoint(stripe: StripeStandin, url: URL): Promise<void> {
  const headers = { authorization: "Bearer sk_test_standin", "content-type": "application/x-www-form-urlencoded" };
  const body = new URLSearchParams({ url: url.href, "enabled_events[]": "*" });
  const created = await fetch(`${stripe.url}/v1/webhook_endpoints`, { method: "POST", headers, body });
  const { id } = (await created.json()) as { id: string };
  await fetch(`${stripe.url}/_control/webhook_endpoints/${id}/roll`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ secret: localSecrets("payments")["STRIPE_WEBHOOK_SECRET"] }),
  });
}
