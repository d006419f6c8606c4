import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AdminClient } from "../../scripts/admin-client.ts";
import { deriveConfigs } from "../../scripts/config.ts";
import { bundleAll, bundleOne } from "../../scripts/deploy/bundle.ts";
import { applyMigrations, demoSkus, localCatalog, seedProducts, seedWriteKeys } from "../../scripts/start/seed.ts";
import { LOCAL_VARS, SECRETS, type WorkerName, WORKERS } from "../../scripts/workers.ts";
import { wrangler } from "../../scripts/wrangler.ts";
import { abortObjects, type Bench, freePort, startRuntime } from "./bench.ts";
import { runtimeCpuMs, runtimeRssBytes } from "./proc.ts";
import { RoundOfOrders, settleOrders } from "./orders.ts";
import type { Faults } from "./front/faults.ts";
import type { OutsideQueues } from "./queues/outside.ts";
import type { Running } from "./processes.ts";
import { startStandIn } from "./stand-in.ts";
import type { RuntimeSpec } from "./spec.ts";

/** More than the demo shop has. */
const ALL = 10_000;
/** Products that carts are filled from. Their Stock objects share the load, as they do unless the day is a flash sale. */
const SKUS = 40;
const UNITS_PER_SKU = 1_000_000;

/** Its script. */
const STATE_WORKER = WORKERS.find(({ name }) => name === "objects")?.script ?? "";

/** Of everything that is in the catalog. */
export const allSkus = (): string[] => demoSkus(ALL);

/** The six Workers as they would be deployed, with the stand-in for Stripe beside them as a process of its own. */
export interface Shop {
  readonly origin: string;
  /** Of the stand-in, its control path included. */
  readonly stripe: string;
  /** The folder with each Worker's bundle, by its name. */
  readonly bundles: string;
  readonly skus: readonly string[];
  readonly admin: AdminClient;
  readonly adminKey: string;
  /** Waits until so many orders are paid and no message is left. An order that gets lost ends the run. */
  readonly settle: (paid: number) => Promise<number>;
  /** For a benchmark that places orders. */
  readonly orders: () => RoundOfOrders;
  /** Where its objects and its database are kept. */
  readonly state: string;
  readonly runtime: ShopRuntime;
  /** Deploys one Worker with other modules in place of its own, by the specifier that it imports them by; everybody is restarted. */
  readonly redeploy: (name: WorkerName, modules: Readonly<Record<string, string>>) => Promise<void>;
}

/** What can happen to the runtime under a shop. */
export interface ShopRuntime {
  /** All objects lose their memory in the middle of what they do. Only with `breakable`. */
  abortObjects(): Promise<void>;
  /** SIGKILL. Nothing answers until it is started again. */
  kill(): Promise<void>;
  /** On the state that is there. Messages in queues are gone, unless the queues are outside: else they live in the runtime's memory. */
  startAgain(): Promise<void>;
  /** From now on these are the faults of its bindings, its clock and its shards, in place of those before. Only with `faulty`. */
  setFaults(faults: Faults): Promise<void>;
  /** One shard loses its memory in the middle of what it does. Only with `faulty`. */
  breakShard(name: string): Promise<void>;
  /** CPU time that it has used, in ms. */
  cpuMs(): number;
  /** Its memory that is in RAM, in bytes. */
  rssBytes(): number;
}

export interface ShopOptions {
  /** Vars by name, in place of what benchmarks run under. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Environment of the stand-in. */
  readonly standIn?: Readonly<Record<string, string>>;
  /** Whether its objects can be aborted. */
  readonly breakable?: boolean;
  /** Whether its bindings, its clock and its shards can be told to fail. */
  readonly faulty?: boolean;
  /** Queues that outlive the runtime; else they are Miniflare's, in its memory. */
  readonly queues?: OutsideQueues;
  /** Where its invocations are counted; left out, they are not. */
  readonly meterPort?: number;
  /** Where single Stock objects can be called (`probe.worker.ts`); left out, they cannot. */
  readonly probePort?: number;
  /** Where V8's inspector listens (`inspector.ts`); left out, it does not. */
  readonly inspectorPort?: number;
}

export async function startShop(bench: Bench, options: ShopOptions = {}): Promise<Shop> {
  const {
    vars = {},
    standIn = {},
    breakable = false,
    faulty = false,
    queues,
    meterPort,
    probePort,
    inspectorPort,
  } = options;
  const folder = join(bench.directory, "shop");
  const port = await freePort();
  const stripe = await startStandIn(bench, port, standIn);
  const configs = deriveConfigs({ directory: join(folder, "config"), values: { ...valuesOf(stripe), ...vars } });
  const state = join(folder, "state");
  const storage = { config: configs.storefront, storage: state, seed: join(folder, "seed.json") };
  await applyMigrations(storage);
  await seedProducts(storage, localCatalog(storage));
  await seedWriteKeys(storage);
  const bundles = join(folder, "bundles");
  await bundleAll(wrangler, bundles);
  // The first Worker is the one with a socket, and the storefront comes last in the order of deployment.
  const workers = WORKERS.toReversed().map(({ name, script }) => ({
    name: script,
    config: configs[name],
    bundle: join(bundles, name),
  }));
  // `v3`: wrangler's own layout of a state folder, in which it made the database.
  const breakerPort = breakable ? await freePort() : undefined;
  const outside = queues && { port: queues.port, gate_port: queues.gatePort };
  const faultsPort = faulty ? await freePort() : undefined;
  const others = {
    breaker_port: breakerPort,
    outside,
    meter_port: meterPort,
    probe: probePort === undefined ? undefined : { port: probePort, script: STATE_WORKER, class_name: "Stock" },
    faults_port: faultsPort,
    inspector_port: inspectorPort,
  };
  const spec = { workers, storage: join(state, "v3"), port, ...others };
  const running = await startRuntime(bench, "shop", spec);
  const origin = running.address;
  const adminKey = SECRETS["ADMIN_KEY"]?.local ?? "";
  const admin = new AdminClient(origin, adminKey);
  const skus = demoSkus(SKUS);
  await Promise.all(skus.map((sku) => deliver(admin, sku)));
  const runtime = runtimeOf(bench, spec, running);
  const redeploy: Shop["redeploy"] = async (name, modules) => {
    await bundleOne(wrangler, name, withModules(configs[name], modules), bundles);
    await runtime.kill();
    await runtime.startAgain();
  };
  const settle: Shop["settle"] = (paid) => settleOrders(admin, paid);
  const orders = (): RoundOfOrders => new RoundOfOrders(admin);
  return { origin, stripe, bundles, skus, admin, adminKey, settle, orders, state, runtime, redeploy };
}

function runtimeOf(bench: Bench, spec: RuntimeSpec, first: Running): ShopRuntime {
  let running = first;
  return {
    async abortObjects() {
      if (spec.breaker_port === undefined) throw new Error("this shop's objects cannot be aborted");
      await abortObjects(spec.breaker_port);
    },
    kill: () => running.kill(),
    async startAgain() {
      running = await startRuntime(bench, "shop", spec);
    },
    setFaults: (faults) => order(spec, { faults }),
    breakShard: (breakShard) => order(spec, { breakShard }),
    cpuMs: () => runtimeCpuMs(running.pid),
    rssBytes: () => runtimeRssBytes(running.pid),
  };
}

async function order({ faults_port: port }: RuntimeSpec, body: object): Promise<void> {
  if (port === undefined) throw new Error("this shop has no faults to be told");
  const { ok } = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: JSON.stringify(body) });
  if (!ok) throw new Error("the faults could not be told");
}

/** A copy of a Worker's config that takes these modules. */
function withModules(path: string, modules: Readonly<Record<string, string>>): string {
  // SAFETY: `deriveConfigs` wrote it; `alias` is a table of names.
  const config = JSON.parse(readFileSync(path, "utf8")) as { alias?: Record<string, string> };
  const copy = path.replace(/\.json$/, ".redeployed.json");
  writeFileSync(copy, JSON.stringify({ ...config, alias: { ...config.alias, ...modules } }));
  return copy;
}

function valuesOf(stripe: string): Record<string, string | undefined> {
  const secrets = Object.entries(SECRETS).map(([name, { local }]) => [name, local] as const);
  return {
    ...LOCAL_VARS,
    ...Object.fromEntries(secrets),
    STRIPE_API_BASE: stripe,
    // All load comes from one address, which the limit per client would stop.
    CLIENT_RATE_LIMIT: "off",
    // What a checkout causes is to be done while checkouts are measured, and not saved up for the yardstick's turn.
    PSP_CALLS_PER_S: "10000",
    PSP_BURST: "1000",
  };
}

export async function deliver(admin: AdminClient, sku: string): Promise<void> {
  const path = `/admin/v1/stock/${encodeURIComponent(sku)}/adjust`;
  await admin.post(path, { delta: UNITS_PER_SKU, reason: "benchmark" }, `bench:${sku}`);
}
