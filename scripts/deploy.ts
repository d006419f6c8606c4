import { join } from "node:path";
import { parseArgs } from "node:util";
import { localAssets } from "./assets/local.ts";
import { prepareAssets } from "./assets.ts";
import { deriveConfigs } from "./config.ts";
import { applyRemoteMigrations, ensureDatabase, ensureQueues, requireLogin } from "./deploy/account.ts";
import { bundleAll, GZIP_LIMIT_BYTES, renderBundles } from "./deploy/bundle.ts";
import { planSecrets } from "./deploy/secrets.ts";
import type { Run } from "./deploy/step.ts";
import { upload } from "./deploy/upload.ts";
import { WORKERS } from "./workers.ts";
import { ROOT, wrangler } from "./wrangler.ts";

/**
 * `npm run deploy [-- --dry-run | --demo-shop]`: puts the whole shop on Cloudflare, in the order of scripts/workers.ts. Every step looks before
 * it acts, so running it again after a failure, or after a change, is always right.
 */
const { values } = parseArgs({
  options: { "dry-run": { type: "boolean", default: false }, "demo-shop": { type: "boolean", default: false } },
});
const run: Run = (args) => wrangler(args);

try {
  await prepareAssets();
  await (values["dry-run"] ? dryRun() : deploy());
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}\n`);
  console.error("`npm run deploy` can be run again: what is done already is recognised and not repeated.");
  process.exitCode = 1;
}

async function dryRun(): Promise<void> {
  const bundles = await bundleAll(run);
  console.log(renderBundles(bundles));
  if (bundles.some(({ gzipBytes }) => gzipBytes > GZIP_LIMIT_BYTES)) {
    throw new Error(
      "A bundle is too large. `npx esbuild --analyze` or `wrangler deploy --dry-run --metafile` shows why.",
    );
  }
  console.log("\nNothing was uploaded.");
}

async function deploy(): Promise<void> {
  await requireLogin(run);
  const secrets = await planSecrets(run, process.env);
  const database = await ensureDatabase(run);
  console.log(`D1 database ${database.created ? "created" : "found"}: ${database.id}`);
  const queues = await ensureQueues(run);
  console.log(queues.length > 0 ? `Queues created: ${queues.join(", ")}` : "Queues found");
  const assets = values["demo-shop"] ? { assets: await localAssets(join(ROOT, "dist/assets")) } : {};
  const configs = deriveConfigs({ directory: join(ROOT, "dist/config"), databaseId: database.id, ...assets });
  await applyRemoteMigrations(run, configs.storefront);
  console.log("Database migrated");
  let url: string | undefined;
  for (const worker of WORKERS) {
    const answer = await upload(run, worker, configs[worker.name], secrets.upload.get(worker.name) ?? {});
    console.log(`Deployed ${worker.name}`);
    if (worker.name === "storefront") url = answer;
  }
  if (secrets.generated.length > 0) console.log(`Made up and stored: ${secrets.generated.join(", ")}`);
  console.log(`\nYour shop is at ${url ?? "the address of the Worker breakwater"}`);
  console.log(`Stripe must call ${url ?? "https://..."}/webhooks/stripe (Dashboard, Developers, Webhooks).`);
  if (values["demo-shop"]) {
    console.log(`To fill the demo shop: ADMIN_KEY=... npm run demo-shop -- --url ${url ?? "https://..."}`);
  }
}
