import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions } from "miniflare";
import { unstable_getMiniflareWorkerOptions as optionsOf } from "wrangler";
import { type HostedWorker, READY, type RuntimeSpec, runtimeSpecSchema } from "./spec.ts";

/**
 * A program: runs bundled Workers in one workerd until it is ended, with the first of them on a socket of its own. Requests to that
 * socket go straight into the runtime; the server that `wrangler dev` puts in front would be measured instead of the Workers.
 */
const spec = readSpec(process.argv[2]);
const [front] = spec.workers;
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    workers: [
      ...spec.workers.map((worker) => hosted(worker, worker === front ? spec.port : undefined)),
      ...(spec.breaker_port === undefined ? [] : [breaker(spec.breaker_port)]),
    ],
    resourcePersistencePath: spec.storage,
    // No `unsafeDevRegistryPath`: through the registry another shop on this machine would consume our queues, which have the same names.
    // A given `cf` is not fetched from the network.
    cf: {},
    logRequests: false,
    handleStructuredLogs: ({ level, message }) => {
      // What the Workers log they still write, as when deployed; only here nobody reads the rest.
      if (level === "error" || level === "warn") console.error(message);
    },
  }),
);
const url = await miniflare.unsafeGetDirectURL(front?.name);
console.log(READY + url.origin);

function readSpec(path: string | undefined): RuntimeSpec {
  if (path === undefined) throw new Error("usage: serve.ts <spec.json>");
  return runtimeSpecSchema.parse(JSON.parse(readFileSync(path, "utf8")));
}

function hosted({ name, config, bundle }: HostedWorker, port: number | undefined): V4WorkerOptions {
  // Assets are left out: locally a router Worker of Miniflare's would stand before the storefront, and the API has no assets.
  const { modulesRules: _rules, assets: _assets, ...options } = optionsOf(config).workerOptions;
  const modules = readdirSync(bundle)
    .filter((file) => file.endsWith(".js"))
    .map((file) => ({ type: "ESModule" as const, path: join(bundle, file) }));
  const sockets = port === undefined ? [] : [{ host: "127.0.0.1", port }];
  return { ...options, name, modules, modulesRoot: bundle, unsafeDirectSockets: sockets };
}

/**
 * Loses every object of this runtime from memory at once, in the middle of whatever it does: what the platform does to an object when its
 * machine fails. workerd offers that to tests only, and only under this flag.
 */
function breaker(port: number): V4WorkerOptions {
  const script = `import unsafe from "workerd:unsafe";
export default {
  async fetch() {
    await unsafe.abortAllDurableObjects();
    return new Response(null, { status: 204 });
  },
};`;
  return {
    name: "breaker",
    modules: true,
    script,
    compatibilityDate: "2026-10-20",
    compatibilityFlags: ["unsafe_module"],
    unsafeDirectSockets: [{ host: "127.0.0.1", port }],
  };
}
