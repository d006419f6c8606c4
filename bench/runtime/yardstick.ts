import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Unstable_RawConfig as RawConfig } from "wrangler";
import { readConfig } from "../../scripts/config.ts";
import { must } from "../../scripts/deploy/step.ts";
import { WORKERS } from "../../scripts/workers.ts";
import { ROOT, wrangler } from "../../scripts/wrangler.ts";
import { type Bench, freePort, startRuntime } from "./bench.ts";

const NAME = "breakwater-yardstick";

/** Bundles and starts the yardstick Worker, in a process like the shop's and of the same compatibility date. Answers its origin. */
export async function startYardstick(bench: Bench, payload: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = join(bench.directory, "yardstick");
  const [config, bundle] = [join(folder, "wrangler.json"), join(folder, "bundle")];
  mkdirSync(bundle, { recursive: true });
  writeFileSync(config, JSON.stringify(yardstickConfig(payload)));
  const args = ["deploy", "--dry-run", "--minify", "--outdir", bundle, "-c", config];
  await must(wrangler, args, "Bundling the yardstick", "This is an error in bench/yardstick.");
  const storage = join(folder, "state");
  const workers = [{ name: NAME, config, bundle }];
  const { address } = await startRuntime(bench, "yardstick", { workers, storage, port: await freePort() });
  return address;
}

/** Not a wrangler.toml: a folder with one is a Worker of the shop. */
function yardstickConfig(payload: Readonly<Record<string, unknown>>): RawConfig {
  const [shop] = WORKERS;
  const date = shop && readConfig(shop).compatibility_date;
  if (date === undefined) throw new Error("the shop's Workers have no compatibility date");
  return {
    name: NAME,
    main: join(ROOT, "bench/yardstick/worker.ts"),
    compatibility_date: date,
    // SAFETY: an answer of the shop that was parsed from JSON.
    vars: { PAYLOAD: payload as NonNullable<RawConfig["vars"]>[string] },
    exports: { Cell: { type: "durable-object", storage: "sqlite" } },
    durable_objects: { bindings: [{ name: "CELL", class_name: "Cell" }] },
  };
}
