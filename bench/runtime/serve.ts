import { readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions } from "miniflare";
import { unstable_getMiniflareWorkerOptions as optionsOf } from "wrangler";
import { outsideQueue } from "./queues/plugin.ts";
import { type HostedWorker, READY, type RuntimeSpec, runtimeSpecSchema } from "./spec.ts";

const HOST = "127.0.0.1";
const METER = "meter";

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
      ...(spec.outside === undefined ? [] : [gate(spec.outside.gate_port)]),
      ...(spec.meter_port === undefined ? [] : [meter(spec.meter_port)]),
      ...(spec.probe === undefined ? [] : [probe(spec.probe)]),
      ...(spec.faults_port === undefined ? [] : [desk(spec.faults_port)]),
    ],
    resourcePersistencePath: spec.storage,
    // No `unsafeDevRegistryPath`: through the registry another shop on this machine would consume our queues, which have the same names.
    // A given `cf` is not fetched from the network.
    cf: {},
    logRequests: false,
    ...(spec.inspector_port !== undefined && { inspectorPort: spec.inspector_port }),
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
  const tails = spec.meter_port === undefined ? {} : { tails: [METER] };
  const sockets = port === undefined ? [] : socketAt(port);
  return {
    ...options,
    ...queuesOf(options),
    ...tails,
    name,
    modules: spec.faults_port === undefined ? modules : [...frontOf(name, bundle, options), ...modules],
    modulesRoot: bundle,
    unsafeDirectSockets: sockets,
  };
}

/** What stands before a bundle when faults are to be told. The first module is the main one. */
function frontOf(name: string, bundle: string, { durableObjects = {} }: Pick<V4WorkerOptions, "durableObjects">) {
  const own = Object.values(durableObjects).flatMap((object) => {
    if (typeof object === "string") return [object];
    return object.scriptName === undefined || object.scriptName === name ? [object.className] : [];
  });
  const objects = own.map((object) => {
    const kept = `onTime(own.${object})`;
    return `export const ${object} = ${object === "EventShard" ? `breakable(${kept})` : kept};`;
  });
  const main = `import { behind, breakable, onTime } from "./front.js";
import * as own from "./index.js";
export * from "./index.js";
export { FaultDesk } from "./front.js";
${objects.join("\n")}
export default behind(${JSON.stringify(name)}, own.default);`;
  const at = (file: string, contents: string) => ({ type: "ESModule" as const, path: join(bundle, file), contents });
  return [at("main.front.js", main), at("front.js", sourceOf("front/front.worker.ts"))];
}

/** Passes on what the drill orders. */
function desk(port: number): V4WorkerOptions {
  const desks = spec.workers.map(({ name }) => [name, { name, entrypoint: "FaultDesk" }] as const);
  return { ...workerBeside("fault-desk", "front/desk.worker.ts", port), serviceBindings: Object.fromEntries(desks) };
}

function socketAt(port: number): { host: string; port: number }[] {
  return [{ host: HOST, port }];
}

/** With queues outside, a producer is led there, and consumers wait for what comes in by the gate. */
function queuesOf({
  queueProducers,
}: Pick<V4WorkerOptions, "queueProducers">): Pick<
  V4WorkerOptions,
  "queueProducers" | "queueConsumers" | "unsafeBindings"
> {
  if (!spec.outside) return {};
  const address = `${HOST}:${spec.outside.port}`;
  const unsafeBindings = Object.entries(queueProducers ?? {}).map(([binding, producer]) => {
    const queue = typeof producer === "object" ? producer.queueName : String(producer);
    return outsideQueue(binding, queue, address);
  });
  return { queueProducers: {}, queueConsumers: {}, unsafeBindings };
}

/** Hands batches that come from outside to the consumers, with the right that Miniflare's own broker has. */
function gate(port: number): V4WorkerOptions {
  return {
    ...workerBeside("queue-gate", "queues/gate.worker.ts", port),
    compatibilityFlags: ["experimental", "service_binding_extra_handlers"],
    serviceBindings: Object.fromEntries(spec.workers.map(({ name }) => [name, name])),
  };
}

function meter(port: number): V4WorkerOptions {
  return workerBeside(METER, "meter.worker.ts", port);
}

function probe({ port, script, class_name: className }: NonNullable<RuntimeSpec["probe"]>): V4WorkerOptions {
  return {
    ...workerBeside("probe", "probe.worker.ts", port),
    durableObjects: { OBJECT: { className, scriptName: script } },
  };
}

/** A Worker that is none of the shop's, from one file of ours. */
function workerBeside(name: string, file: string, port: number) {
  return {
    name,
    modules: [{ type: "ESModule" as const, path: `/${file}.js`, contents: sourceOf(file) }],
    modulesRoot: "/",
    compatibilityDate: "2026-10-20",
    unsafeDirectSockets: socketAt(port),
  };
}

function sourceOf(file: string): string {
  return stripTypeScriptTypes(readFileSync(join(import.meta.dirname, file), "utf8"));
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
    unsafeDirectSockets: socketAt(port),
  };
}
