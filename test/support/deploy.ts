import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deriveConfigs } from "../../scripts/config.ts";
import { WORKERS, type WorkerName } from "../../scripts/workers.ts";
import { ROOT } from "../../scripts/wrangler.ts";
import type { Shop } from "./shop.ts";

/** Deploys one Worker anew with other modules in place of its own: by the specifier that it imports, the path of the one to take. */
export async function deployWith(
  { harness }: Shop,
  name: WorkerName,
  modules: Readonly<Record<string, string>>,
): Promise<void> {
  const derived = deriveConfigs({ directory: mkdtempSync(join(tmpdir(), "breakwater-deploy-")) })[name];
  // SAFETY: written a moment ago from a wrangler.toml; `alias` is a table of names.
  const config = JSON.parse(readFileSync(derived, "utf8")) as { alias?: Record<string, string> };
  const replaced = Object.fromEntries(Object.entries(modules).map(([from, to]) => [from, join(ROOT, to)]));
  writeFileSync(derived, JSON.stringify({ ...config, alias: { ...config.alias, ...replaced } }));
  // The shop has them in this order.
  const index = WORKERS.toReversed().findIndex((worker) => worker.name === name);
  await harness.update(({ workers, ...rest }) => ({
    ...rest,
    workers: workers.map((worker, i) => (i === index ? { ...worker, configPath: derived } : worker)),
  }));
}
