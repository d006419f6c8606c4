import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Unstable_RawConfig as RawConfig } from "wrangler";
import { readConfig } from "../../scripts/config.ts";
import { must } from "../../scripts/deploy/step.ts";
import { WORKERS } from "../../scripts/workers.ts";
import { wrangler } from "../../scripts/wrangler.ts";
import type { HostedWorker } from "./spec.ts";

/** Of a Worker that the shop is measured against. Not a wrangler.toml: a folder with one is a Worker of the shop. */
export type BareConfig = RawConfig & { readonly name: string; readonly main: string };

export const SQLITE_OBJECT = { type: "durable-object", storage: "sqlite" } as const;

/** Bundles a program once, and has it hosted under each of these configs: as many Workers, each in an isolate of its own. */
export async function bundleBare(
  folder: string,
  configs: readonly [BareConfig, ...BareConfig[]],
): Promise<HostedWorker[]> {
  const bundle = join(folder, "bundle");
  mkdirSync(bundle, { recursive: true });
  const workers = configs.map((config) => {
    const path = join(folder, `${config.name}.json`);
    writeFileSync(path, JSON.stringify(config));
    return { name: config.name, config: path, bundle };
  });
  const args = ["deploy", "--dry-run", "--minify", "--outdir", bundle, "-c", join(folder, `${configs[0].name}.json`)];
  await must(wrangler, args, "Bundling the yardstick", "This is an error in bench/yardstick.");
  return workers;
}

/** The same as the shop's Workers have. */
export function compatibilityDate(): string {
  const [shop] = WORKERS;
  const date = shop && readConfig(shop).compatibility_date;
  if (date === undefined) throw new Error("the shop's Workers have no compatibility date");
  return date;
}
