import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Unstable_RawConfig as RawConfig } from "wrangler";
import { readConfig } from "../../scripts/config.ts";
import { must } from "../../scripts/deploy/step.ts";
import { SECRETS, WORKERS } from "../../scripts/workers.ts";
import { ROOT, wrangler } from "../../scripts/wrangler.ts";
import { abortObjects, type Bench, freePort, startRuntime } from "./bench.ts";
import { runtimeRssBytes } from "./proc.ts";
import type { HostedWorker } from "./spec.ts";

const NAME = "breakwater-yardstick";
const OBJECT = { type: "durable-object", storage: "sqlite" } as const;
const BEHIND = `${NAME}-behind`;

/** The platform's bare operations, in a runtime of their own. */
export interface Yardstick {
  readonly origin: string;
  /**
   * Drops its objects from memory. Each is an open database for ten seconds after its last call, and thousands of new ones are more files
   * than a process may have open.
   */
  readonly forget: () => Promise<void>;
  /** Its memory that is in RAM, in bytes. */
  readonly rssBytes: () => number;
  readonly kill: () => Promise<void>;
}

/** Bundles and starts the yardstick Worker, in a process like the shop's and of the same compatibility date. */
export async function startYardstick(bench: Bench, payload: Readonly<Record<string, unknown>>): Promise<Yardstick> {
  const folder = join(bench.directory, "yardstick");
  const front = yardstickConfig(payload);
  const behind = { ...front, name: BEHIND, exports: {}, durable_objects: { bindings: [] } };
  const workers = [
    await bundle(folder, { ...front, services: [{ binding: "BEHIND", service: BEHIND }] }),
    await bundle(folder, behind),
  ];
  const breakerPort = await freePort();
  const spec = { workers, storage: join(folder, "state"), port: await freePort(), breaker_port: breakerPort };
  const running = await startRuntime(bench, "yardstick", spec);
  return {
    origin: running.address,
    forget: () => abortObjects(breakerPort),
    rssBytes: () => runtimeRssBytes(running.pid),
    kill: () => running.kill(),
  };
}

async function bundle(folder: string, config: RawConfig & { readonly name: string }): Promise<HostedWorker> {
  const { name } = config;
  const [path, outdir] = [join(folder, `${name}.json`), join(folder, name)];
  mkdirSync(outdir, { recursive: true });
  writeFileSync(path, JSON.stringify(config));
  const args = ["deploy", "--dry-run", "--minify", "--outdir", outdir, "-c", path];
  await must(wrangler, args, "Bundling the yardstick", "This is an error in bench/yardstick.");
  return { name, config: path, bundle: outdir };
}

/** Not a wrangler.toml: a folder with one is a Worker of the shop. */
function yardstickConfig(payload: Readonly<Record<string, unknown>>) {
  const [shop] = WORKERS;
  const date = shop && readConfig(shop).compatibility_date;
  if (date === undefined) throw new Error("the shop's Workers have no compatibility date");
  return {
    name: NAME,
    main: join(ROOT, "bench/yardstick/worker.ts"),
    compatibility_date: date,
    // SAFETY: an answer of the shop that was parsed from JSON.
    vars: {
      PAYLOAD: payload as NonNullable<RawConfig["vars"]>[string],
      WEBHOOK_SECRET: SECRETS["STRIPE_WEBHOOK_SECRET"]?.local ?? "",
    },
    exports: { Cell: OBJECT, Hall: OBJECT },
    durable_objects: {
      bindings: [
        { name: "CELL", class_name: "Cell" },
        { name: "HALL", class_name: "Hall" },
      ],
    },
  } satisfies RawConfig;
}
