import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WORKERS, type WorkerEntry } from "./workers.ts";
import { ROOT, wrangler } from "./wrangler.ts";

/**
 * Writes the env.d.ts of every Worker from its wrangler.toml and those of the Workers that it binds.
 * With `--check` nothing is changed, and a file that is not what would be generated fails the run.
 */
const check = process.argv.includes("--check");
const outdated = (await Promise.all(WORKERS.map(generate))).filter((path) => path !== undefined);

if (check && outdated.length > 0) {
  console.error(`not up to date: ${outdated.join(", ")}\nRun \`npm run types\` and commit the result.`);
  process.exitCode = 1;
} else {
  console.log(
    check ? "generated types are up to date" : `generated types: ${outdated.length} of ${WORKERS.length} changed`,
  );
}

async function generate(worker: WorkerEntry): Promise<string | undefined> {
  const path = `${worker.directory}/env.d.ts`;
  const before = readIfPresent(join(ROOT, path));
  const dependencies = WORKERS.filter((other) => worker.uses.includes(other.name)).map((other) => other.config);
  const configs = [worker.config, ...dependencies].flatMap((config) => ["-c", config]);
  // Without `--strict-vars=false` a var gets its default as its literal type, and comparing it with any other value is an error.
  const options = ["--env-interface", worker.env, "--include-runtime=false", "--strict-vars=false"];
  const result = await wrangler(["types", path, ...configs, ...options]);
  if (result.code !== 0) throw new Error(`wrangler types ${path} failed:\n${result.stdout}${result.stderr}`);
  const after = readFileSync(join(ROOT, path), "utf8");
  if (after === before) return undefined;
  if (check && before !== undefined) writeFileSync(join(ROOT, path), before);
  return path;
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
