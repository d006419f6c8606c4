import { mkdirSync } from "node:fs";
import { localAssets } from "./assets/local.ts";
import { prepareAssets } from "./assets.ts";
import { AdminClient } from "./admin-client.ts";
import { deriveConfigs } from "./config.ts";
import { startChild, type Child } from "./start/child.ts";
import { LogView } from "./start/log.ts";
import { originOf, requireFreePort, waitForHealth, waitForHttp, waitForShop } from "./start/ready.ts";
import { busyObjects, recoverMessages } from "./start/recover.ts";
import { startFlags } from "./start/flags.ts";
import { applyMigrations, demoSkus, localCatalog, seedProducts, seedStock, seedWriteKeys } from "./start/seed.ts";
import { takeState } from "./start/lock.ts";
import { readSettings, statePaths, wipe, type Settings, type StatePaths } from "./start/settings.ts";
import { welcome } from "./start/welcome.ts";
import { WORKERS, type WorkerName } from "./workers.ts";
import { quietEnvironment, WRANGLER } from "./wrangler.ts";

/** Runs the whole shop on this machine until Ctrl-C: the stand-in for Stripe, and all Workers in one `wrangler dev`. */
const children: Child[] = [];
const view = new LogView((line) => console.log(line));
const PARENT_CHECK_MS = 500;
let stopping = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(0));
// Whoever read our output is gone, so nobody is left to press Ctrl-C.
process.stdout.on("error", () => void stop(1));
stopWithNpm();

try {
  await start(readSettings(process.env, process.argv.slice(2)));
} catch (error) {
  if (!stopping) {
    console.error(`\nBreakwater could not be started: ${error instanceof Error ? error.message : String(error)}`);
    await stop(1);
  }
}

async function start(settings: Settings): Promise<void> {
  mkdirSync(settings.stateDirectory, { recursive: true });
  takeState(settings);
  await requireFreePort(settings.port, "PORT");
  if (settings.stripeApiBase === undefined) await requireFreePort(settings.standInPort, "STRIPE_STANDIN_PORT");
  if (settings.legacyPort !== undefined) await requireFreePort(settings.legacyPort, "LEGACY_PORT");
  const paths = statePaths(settings);
  if (settings.fresh && wipe(paths)) console.log(`Wiped ${settings.stateDirectory}`);
  mkdirSync(paths.storage, { recursive: true });
  await prepareAssets();
  const assets = await localAssets(paths.assets);

  console.log("Preparing the database ...");
  const configs = deriveConfigs({ directory: paths.config, values: settings.values, assets });
  const storage = { config: configs.storefront, storage: paths.storage, seed: paths.seed };
  await applyMigrations(storage);
  const shop = await seedProducts(storage, localCatalog(storage));
  await seedWriteKeys(storage);

  const busy = busyObjects(paths.storage);
  console.log("Starting the Workers ...");
  if (settings.stripeApiBase === undefined) await startStandIn(settings, paths);
  if (settings.legacyPort !== undefined) await startLegacy(settings.legacyPort, settings, paths);
  supervise(startWorkers(settings, paths, configs));
  const origin = originOf(settings);
  await waitForHealth(origin);
  view.ready();
  if (shop === "products") {
    const loaded = await seedStock(new AdminClient(origin, settings.adminKey), storage);
    console.log(`Loaded the demo shop: ${loaded} products with stock`);
  }
  await recoverMessages(new AdminClient(origin, settings.adminKey), busy);
  await waitForShop(origin, shop === "own");
  if (settings.legacyPort !== undefined) await startFlags(new AdminClient(origin, settings.adminKey));
  if (!stopping) console.log(welcome(settings, shop === "own" ? [] : demoSkus(2)));
}

function startWorkers(settings: Settings, paths: StatePaths, configs: Readonly<Record<WorkerName, string>>): Child {
  // The first is the one that can be reached over HTTP, so the storefront leads here.
  const inOrder = WORKERS.toReversed().flatMap((worker) => ["-c", configs[worker.name]]);
  const options = ["--port", String(settings.port), "--inspector-port", "0", "--persist-to", paths.storage];
  return startChild({
    name: "wrangler dev",
    args: [WRANGLER, "dev", ...inOrder, ...options, "--show-interactive-dev-session=false"],
    // Without a registry of its own a second shop on this machine would consume this one's queues: they have the same names.
    env: { ...quietEnvironment(), WRANGLER_REGISTRY_PATH: paths.registry },
    onLine: (line) => view.line(line),
  });
}

async function startStandIn(settings: Settings, paths: StatePaths): Promise<void> {
  const env = {
    ...process.env,
    STRIPE_STANDIN_PORT: String(settings.standInPort),
    STRIPE_WEBHOOK_URL: `http://127.0.0.1:${settings.port}/webhooks/stripe`,
    // Payments accepts several; the stand-in signs with the first.
    STRIPE_WEBHOOK_SECRET: settings.values["STRIPE_WEBHOOK_SECRET"]?.split(/\s+/)[0],
    STRIPE_STANDIN_STATE: paths.stripe,
  };
  const onLine = (line: string): void => console.log(`${"stripe".padEnd(10)} ${line}`);
  supervise(startChild({ name: "the Stripe stand-in", args: ["dev/stripe/index.ts"], env, onLine }));
  await waitForHttp("the Stripe stand-in", `http://127.0.0.1:${settings.standInPort}/`);
}

async function startLegacy(port: number, { values }: Settings, paths: StatePaths): Promise<void> {
  const secrets = {
    STRIPE_SECRET_KEY: values["STRIPE_SECRET_KEY"],
    STRIPE_WEBHOOK_SECRET: values["STRIPE_WEBHOOK_SECRET"],
  };
  const provider = { STRIPE_API_BASE: values["STRIPE_API_BASE"], ...secrets };
  const env = { ...process.env, ...provider, LEGACY_PORT: String(port), LEGACY_STATE: paths.legacy };
  const onLine = (line: string): void => console.log(`${"legacy".padEnd(10)} ${line}`);
  supervise(startChild({ name: "the monolith's stand-in", args: ["dev/legacy/index.ts"], env, onLine }));
  await waitForHttp("the monolith's stand-in", `http://127.0.0.1:${port}/`);
}

/** The shop is whole or it is not there: when one part ends, all end. */
function supervise(child: Child): void {
  children.push(child);
  void stopWith(child);
}

async function stopWith(child: Child): Promise<void> {
  const how = await child.ended;
  if (stopping) return;
  console.error(`\n${child.name} ${how}. The last lines of the Workers were:\n\n${view.lastLines()}\n`);
  console.error("Everything is being stopped; `npm start` goes on from the same state.");
  await stop(1);
}

async function stop(exitCode: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  // The Workers go first, so that none of them sees the payment provider vanish.
  for (const child of children.toReversed()) await child.stop();
  process.exit(exitCode);
}

/** npm does not pass every signal on, and none when it is killed; then its shell is gone and we are somebody else's child. */
function stopWithNpm(): void {
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void stop(0);
  }, PARENT_CHECK_MS).unref();
}
